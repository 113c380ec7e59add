// Talking to the server: one line of error for whatever goes wrong, and jobs that are waited for.

export class Failure extends Error {}

export async function call(method, path, body, raw) {
  let answer, told;
  try {
    answer = await fetch(path, {
      method,
      headers: raw === undefined && body !== undefined ? { "Content-Type": "application/json" } : {},
      body: raw === undefined ? body && JSON.stringify(body) : raw,
    });
    told = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : { error: (await answer.text()).trim() };
  } catch (problem) {
    throw new Failure("the studio does not answer: is studio.py still running?");
  }
  if (!answer.ok) throw new Failure(told.error || `the studio answered ${answer.status}`);
  return told;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);

// Wait for a job; `watch` is told of it now and then. Gives its result, null where it was cancelled.
export async function finished(job, watch) {
  while (job.state === "waiting" || job.state === "running") {
    watch(job);
    await new Promise((resolve) => setTimeout(resolve, 60));
    job = await get(`/api/jobs/${job.id}?wait=0.25`);
  }
  watch(job);
  if (job.state === "failed") throw new Failure(job.error);
  return job.state === "done" ? { ...job.result, warnings: job.warnings } : null;
}

export const cancel = (job) => post(`/api/jobs/${job.id}/cancel`);
