import { randomBytes } from 'node:crypto';

export interface Random {
  /** Lower-case hex of `bytes` random bytes. */
  hex(bytes: number): string;
  /** A number in [0, 1). */
  fraction(): number;
}

export function createRandom(): Random {
  return { hex: (bytes) => randomBytes(bytes).toString('hex'), fraction: () => Math.random() };
}
