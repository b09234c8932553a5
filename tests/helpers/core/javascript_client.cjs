// SPDX-License-Identifier: GPL-3.0-or-later
// Does with fal's own client for JavaScript, unmodified, all that one does with it, and prints what came as JSON.
// Arguments: the base of the server, its key, the endpoint, the movie to send.
"use strict";

const fs = require("node:fs");
const { ApiError, ValidationError, createFalClient } = require("@fal-ai/client");

const [base, key, endpoint, movie] = process.argv.slice(2);
const HOSTS = { "queue.fal.run": "", "rest.fal.ai": "", "fal.run": "/run" };

// fal's hosts are at the server; a host that is not known would leave this computer.
const here = (url, options) => {
  const at = new URL(url);
  if (at.origin === base) return fetch(url, options);
  if (!(at.hostname in HOSTS)) throw new Error(`a request to ${at.hostname}`);
  return fetch(base + HOSTS[at.hostname] + at.pathname + at.search, options);
};
const client = (credentials) => createFalClient({ credentials, fetch: here, suppressLocalCredentialsWarning: true });

const caught = async (doing) => {
  try {
    await doing;
  } catch (error) {
    return {
      kind: error instanceof ValidationError ? "ValidationError" : error instanceof ApiError ? "ApiError" : String(error),
      status: error.status,
      body: error.body,
      requestId: error.requestId,
    };
  }
  return null;
};

const main = async () => {
  const fal = client(key);
  const told = {};
  const small = await fal.storage.upload(new File([fs.readFileSync(movie)], "shot.mp4", { type: "video/mp4" }));
  told.small = small;

  const large = Buffer.alloc(91 * 1024 * 1024, "reshoot ");
  told.large = await fal.storage.upload(new File([large], "large.mov", { type: "video/quicktime" }));
  told.largeBytes = large.length;

  for (const mode of ["polling", "streaming"]) {
    const seen = [];
    let logs = [];
    const made = await fal.subscribe(endpoint, {
      input: { prompt: mode, video_url: small },
      mode,
      logs: true,
      pollInterval: 20,
      onQueueUpdate: (update) => {
        if (seen.at(-1) !== update.status) seen.push(update.status);
        logs = update.logs ? [...update.logs] : logs;
      },
    });
    told[mode] = { seen, logs, made };
  }

  // A file goes up by itself where it stands in the input.
  const blob = new Blob([fs.readFileSync(movie)], { type: "video/mp4" });
  told.run = await fal.run(endpoint, { input: { prompt: "run", video_url: blob } });

  told.failed = await caught(fal.subscribe(endpoint, { input: { video_url: small }, mode: "streaming" }));
  told.runFailed = await caught(fal.run(endpoint, { input: { video_url: small } }));
  told.stranger = await caught(client("not the key").queue.submit(endpoint, { input: {} }));

  const held = await fal.queue.submit(endpoint, { input: { prompt: "hold", video_url: small } });
  const stream = await fal.queue.streamStatus(endpoint, { requestId: held.request_id, logs: true });
  stream.on("data", (update) => {
    if (update.status === "IN_PROGRESS") fal.queue.cancel(endpoint, { requestId: held.request_id });
  });
  told.cancelled = await stream.done();
  told.cancelledResult = await caught(fal.queue.result(endpoint, { requestId: held.request_id }));
  console.log(JSON.stringify(told));
};

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error, error.body);
    process.exit(1);
  },
);
