// How a site shows figures that are always current: read them once, then follow the changes.
// In a page:  const stop = followFigures("https://resultats.example", { structure_code: "12345" }, show);
// `show(figures)` is called with a Map, key: structure|indicator|period kind|period start, after each change.

const keyOf = ({ structure_code, indicator_code, period_kind, period_start, period }) =>
  [structure_code, indicator_code, period?.kind ?? period_kind,
    (period?.kind ?? period_kind) === "rolling_12" ? "latest" : period?.start ?? period_start].join("|");

async function readFigures(site, filter) {
  const figures = new Map();
  for (let cursor = ""; cursor !== null;) {
    const query = new URLSearchParams({ ...filter, ...(cursor && { cursor }) });
    const answer = await fetch(`${site}/v1/indicators?${query}`);
    const page = answer.ok ? await answer.json() : await Promise.reject(answer.status);
    page.items.forEach((figure) => figures.set(keyOf(figure), figure));
    cursor = page.next;
  }
  return figures;
}

function followFigures(site, filter, show) {
  const stream = new EventSource(`${site}/v1/stream?${new URLSearchParams(filter)}`);
  let figures = new Map(), turn = Promise.resolve(); // what arrives while we read waits for its turn
  const inTurn = (work) => (turn = turn.then(work).then(() => show(figures), () => setTimeout(readAgain, 5000)));
  const readAgain = () => inTurn(async () => { figures = await readFigures(site, filter); });
  stream.addEventListener("indicator", ({ data }) => inTurn(() => {
    const figure = JSON.parse(data), known = figures.get(keyOf(figure));
    if (!known || known.revision < figure.revision) figures.set(keyOf(figure), figure);
  }));
  stream.addEventListener("removed", ({ data }) => inTurn(() => { figures.delete(keyOf(JSON.parse(data))); }));
  stream.addEventListener("resync", readAgain); // away for longer than the server remembers
  stream.addEventListener("open", readAgain, { once: true }); // after a cut the browser resumes by itself
  return () => stream.close();
}
