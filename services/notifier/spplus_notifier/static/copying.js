// A button beside each text that is there to be copied. Without this file the text is selected and copied by hand.
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch { // pages reached without encryption, or old browsers: the older way
    field.select();
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const said = button.parentElement.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = "";
    const done = await copied(field);
    if (!done) field.select();
    said.textContent = done ? said.dataset.done : said.dataset.failed;
  });
}
for (const hint of document.querySelectorAll("[data-by-hand]")) hint.hidden = true;
