// Follows a server.

/**
 * Asks again and again for what has changed since a version; `every` is in milliseconds. `apply` gets each change,
 * `tell` whether the server answers, and what it says of a problem with its files.
 */
function follow(version, every, apply, tell) {
  const ask = async () => {
    const answer = await asked(`changes?since=${version}`);
    if (answer !== null) {
      answer.changes.forEach(apply);
      version = answer.version;
    }
    tell(answer !== null, answer?.problem ?? null);
    setTimeout(ask, answer === null ? 3 * every : every);
  };
  setTimeout(ask, every);
}

/** The answer of the server; nothing if there is none. */
async function asked(address) {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A list after a change: what still holds of it, and what is new. */
function grown(list, from, more) {
  return [...list.slice(0, from), ...more];
}
