// Imported first by every script, so that an old Node gives this message and not a syntax error from somewhere else.
const needed = [20, 19];

/** Undefined when this version will do, else what to say about it. */
export function nodeVersionProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return undefined;
  return `Tidemark needs Node ${needed.join('.')} or newer; this is ${version} (${process.execPath}). Install a newer one and try again.`;
}

const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
