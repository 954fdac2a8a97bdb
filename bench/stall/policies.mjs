import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How other tools ask for a strong lock. These are policies, written again here from what their projects publish; the tools themselves
 * are not run. When the signal comes, they give up at their next pause.
 *
 * @typedef {(client: import('pg').Client, sql: string, signal: AbortSignal) => Promise<{ attempts: number, isDone: boolean }>} Policy
 */

const LOCK_NOT_AVAILABLE = '55P03';

/** Lock timeout and pause in milliseconds: the first 20 of the 41 rungs of GitLab's `with_lock_retries`; the bench never gets that far. */
const LADDER = `
  100/50 100/50 200/50 300/100 400/150 500/2000 500/2000 500/2000 500/2000 1000/5000
  1000/60000 100/50 100/50 200/50 300/100 400/150 500/2000 500/2000 500/2000 3000/180000`
  .trim()
  .split(/\s+/)
  .map((rung) => rung.split('/').map(Number));

/** @type {Readonly<Record<string, Policy>>} */
export const POLICIES = {
  async 'no timeout'(client, sql) {
    await client.query(sql);
    return { attempts: 1, isDone: true };
  },

  /** pgroll: a lock timeout of 500 ms, and after the n-th failure a pause between 0 and 2^(n-1) seconds, at most a minute. */
  async 'pgroll policy'(client, sql, signal) {
    for (let attempts = 1; ; attempts += 1) {
      if (await isDone(client, sql, 500)) return { attempts, isDone: true };
      await pause(Math.random() * Math.min(60_000, 1_000 * 2 ** (attempts - 1)), signal);
      if (signal.aborted) return { attempts, isDone: false };
    }
  },

  /** GitLab: rung by rung, then once without a timeout. */
  async 'GitLab ladder'(client, sql, signal) {
    for (const [index, [timeoutMs = 0, pauseMs = 0]] of LADDER.entries()) {
      if (await isDone(client, sql, timeoutMs)) return { attempts: index + 1, isDone: true };
      await pause(pauseMs, signal);
      if (signal.aborted) return { attempts: index + 1, isDone: false };
    }
    await client.query(sql);
    return { attempts: LADDER.length + 1, isDone: true };
  },
};

/** Ends early when the signal comes. */
async function pause(ms, signal) {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

async function isDone(client, sql, timeoutMs) {
  await client.query(`begin; set local lock_timeout = ${timeoutMs}`);
  try {
    await client.query(sql);
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    if (error.code !== LOCK_NOT_AVAILABLE) throw error;
    return false;
  }
}
