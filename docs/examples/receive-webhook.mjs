// A receiver of webhooks: checks who calls, and holds the newest revision of each figure. Node 20 or later, nothing else.
// Run: WEBHOOK_SECRET=whsec_... node receive-webhook.mjs 8080     (behind a proxy that does TLS)
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const MOST_SECONDS_OLD = 300;

// Whether a message comes from who gave us the secret, just now. `body` is a Buffer of what came, byte for byte.
export function isSigned(secret, headers, body) {
  const id = headers["webhook-id"] ?? "", sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) > MOST_SECONDS_OLD) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const digest = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  return (headers["webhook-signature"] ?? "").split(" ") // two while the secret is changed
    .map((signature) => Buffer.from(signature))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
}

const standing = new Map();

function take({ data: { figures = [], removed = [] } }) { // one of another type (a test) tells nothing
  for (const figure of figures) {
    const { kind, start } = figure.period;
    const place = [figure.structure_code, figure.indicator_code, kind, kind === "rolling_12" ? "latest" : start];
    standing.set(place.join("|"), figure);
    console.log("figure", figure.structure_code, figure.indicator_code, figure.revision);
  }
  for (const { structure_code, indicator_code, period_kind, period_start } of removed) {
    standing.delete([structure_code, indicator_code, period_kind, period_start].join("|"));
    console.log("removed", structure_code, indicator_code, period_kind, period_start);
  }
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts), signed = isSigned(process.env.WEBHOOK_SECRET, request.headers, body);
  if (signed) take(JSON.parse(body));
  response.writeHead(signed ? 204 : 401).end(); // what is answered otherwise than 2xx is sent again
}).listen(Number(process.argv[2]), "127.0.0.1");
