import { hostname, userInfo } from 'node:os';

/** Who runs this process, as the operating system knows them: `ana@ops1`, or `uid 1000@ops1` where the user has no name. */
export function describeOperator(): string {
  return `${nameOfUser()}@${hostname()}`;
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that no password file lists.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The user of this process as containers name one: `1000:1000`. */
export function describeUser(): string {
  return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
}
