import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { compareVersions } from '../../src/model/index.ts';
import { createSystem, resolveConnectionTarget } from '../../src/system/index.ts';
import type { CommandResult } from '../support/deployment.ts';
import type { TestHaproxy } from '../support/haproxy.ts';
import type { Fault } from './sweep.ts';

interface Component {
  readonly service: string;
  readonly identity: string;
}

interface Status {
  readonly release: string;
  readonly run?: unknown;
  readonly lease: { readonly kind: string };
  readonly problems: readonly string[];
  readonly services: readonly {
    readonly service: string;
    readonly traffic?: { readonly isHeld: boolean };
    readonly instances: readonly { readonly id: string; readonly identity: string; readonly state: string }[];
  }[];
}

type Onward = (args: readonly string[]) => Promise<CommandResult>;

/** The identities that a release has pinned, by service. */
export async function readIdentities(onward: Onward, version: string): Promise<ReadonlyMap<string, string>> {
  const { components } = JSON.parse((await onward(['release', 'show', version, '--json'])).stdout) as {
    readonly components: readonly Component[];
  };
  return new Map(components.map(({ service, identity }) => [service, identity]));
}

/** The status knows these instances of the release and no other, by what they really are, no run, no hold, and nobody who holds the lease. Gives their ids by service. */
export async function expectStatus(
  onward: Onward,
  version: string,
  states: Readonly<Record<string, readonly string[]>>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const [{ stdout }, identities] = await Promise.all([onward(['status', '--json']), readIdentities(onward, version)]);
  const status = JSON.parse(stdout) as Status;
  expect({ ...status, services: undefined }).toMatchObject({ release: version, lease: { kind: 'free' }, problems: [] });
  expect(status.run).toBeUndefined();
  const found = status.services.map(({ service, instances, traffic }) => ({
    ...{ service, isHeld: traffic?.isHeld ?? false },
    instances: instances.map(({ identity, state }) => `${state} ${identity}`),
  }));
  const wanted = Object.entries(states).map(([service, each]) => ({
    ...{ service, isHeld: false },
    instances: each.map((state) => `${state} ${identities.get(service)}`),
  }));
  expect(found).toEqual(wanted);
  return new Map(status.services.map(({ service, instances }) => [service, instances.map(({ id }) => id)]));
}

/** HAProxy, and the file from which it starts the next time, have these servers in a backend, ready, and no other; the gate is shut. */
export async function expectServers(proxy: TestHaproxy, backend: string, servers: readonly string[]): Promise<void> {
  const state = await proxy.tell(`show servers state ${backend}`);
  // Name, address, whether it is up, what an administrator has set, port.
  const told = [...state.matchAll(/^\d+ \S+ \d+ (\S+) (\S+) (\d+) (\d+) .* (\d+) \S+ \d+ \d+ \S+ \S+ \d+$/gm)];
  const isGate = ([, name]: RegExpMatchArray) => name === 'onward:gate';
  expect(told.filter(isGate).map(([, , , , admin]) => Number(admin) & 1)).toEqual([1]);
  const real = told.filter((each) => !isGate(each));
  expect(real.map(([, name, address, , , port]) => `${name} ${address}:${port}`).sort()).toEqual([...servers].sort());
  expect(real.map(([, , , up, admin]) => `${up} ${admin}`)).toEqual(servers.map(() => '2 0'));
  const text = await readFile(`${proxy.folder}/backends/${backend}.cfg`, 'utf8');
  const written = [...text.matchAll(/^ {2}server (\S+) (\S+) (.*)$/gm)].filter((each) => !isGate(each));
  expect(written.map(([, name, address]) => `${name} ${address}`).sort()).toEqual([...servers].sort());
  expect(written.filter(([, , , more]) => /\b(backup|disabled)\b/.test(more ?? ''))).toEqual([]);
}

/** Its clients notice that, and so may the run. */
export function restartOf(proxy: TestHaproxy): Fault {
  return {
    what: 'HAProxy',
    failsRequests: true,
    async strike() {
      await proxy.kill();
      await proxy.start();
    },
  };
}

export interface Migrations {
  /** Writes those of a release: in a transaction, without one, and behind the roll. The first release makes the table that they add to. */
  ship(version: string): Promise<void>;
  /** All that should have been applied was, once, and has ended, and no index is left invalid: what a release that went back had expanded stays. */
  expectLedger(serving: string): Promise<void>;
}

export function createMigrations(folder: string, url: string): Migrations {
  const shipped: { readonly version: string; readonly path: string }[] = [];
  return {
    async ship(version) {
      for (const [path, text] of Object.entries(renderMigrations(version))) {
        const file = join(folder, 'core', version, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
        shipped.push({ version, path });
      }
    },
    async expectLedger(serving) {
      const wanted = shipped.filter(
        ({ version, path }) => path.startsWith('expand/') || compareVersions(version, serving) <= 0,
      );
      const paths = wanted.map(({ version, path }) => `core/${version}/${path}`).sort();
      expect(await readLedger(url)).toEqual({ paths, unfinished: 0, invalid: 0 });
    },
  };
}

function renderMigrations(version: string): Readonly<Record<string, string>> {
  if (version === '1.0.0') return { 'expand/001_create.sql': 'create table item (id bigint primary key);\n' };
  const mark = version.replaceAll('.', '_');
  return {
    'expand/001_column.sql': `alter table item add column c${mark} text;\n`,
    'expand/002_index.notx.sql': `create index concurrently item_c${mark} on item (c${mark});\n`,
    'postdeploy/001_check.sql': `alter table item add constraint k${mark} check (c${mark} <> 'x') not valid;\n`,
  };
}

async function readLedger(url: string) {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
  const session = await system.postgres.connect(target, { applicationName: 'test' });
  try {
    const { rows } = await session.query(
      `select array_agg(path order by path collate "C") as paths, count(*) filter (where finished_at is null)::int as unfinished,
        (select count(*)::int from pg_index where not indisvalid) as invalid from onward.migration`,
    );
    return rows[0];
  } finally {
    await session.close();
  }
}
