import type { FrontendChange, SwitchTarget } from '../switch.ts';
import type { BackendFacts, ServerFact } from './facts.ts';
import { GATE, renderAddress, standbyEntry } from './names.ts';
import { GATE_ADDRESS, SERVER_OPTIONS } from './render-backend.ts';

/** What can be told to HAProxy at once; the next batch follows from what it does then. */
export interface Batch {
  readonly commands: readonly string[];
  /** Entries to be forgotten once they have nothing in flight; HAProxy may refuse, and the next change asks again. */
  readonly removals: readonly ServerFact[];
  /** Entries whose first health check is awaited before anything is taken away. */
  readonly awaited: readonly string[];
}

type EntryState = 'ready' | 'drain';

interface Entry {
  readonly name: string;
  readonly target: SwitchTarget;
  readonly state: EntryState;
}

/**
 * What has to be done next so that a backend follows a change: first everything is added that may get requests, then what may not is
 * taken away, then what is taken away and done is removed. `undefined` when it follows. Pure, so that a change that was cut off
 * anywhere is finished by being made again.
 */
export function chooseCommands(backend: string, facts: BackendFacts, change: FrontendChange): Batch | undefined {
  const wanted = change.targets.map(toEntry);
  const gate = facts.servers.find(({ name }) => name === GATE);
  const given = [
    ...wanted.flatMap((entry) => give(backend, entry, find(facts, entry.name))),
    ...(change.isHeld ? holdBack(backend, gate) : []),
  ];
  if (given.length > 0) return { commands: given, removals: [], awaited: [] };
  const awaited = wanted.filter(({ name, state }) => state === 'ready' && find(facts, name)?.hasResult !== true);
  const taken = [
    ...wanted.flatMap((entry) => take(backend, entry, find(facts, entry.name))),
    ...facts.servers
      .filter((server) => isUnwanted(server, wanted) && !server.isOut)
      .map((server) => out(backend, server)),
    ...(!change.isHeld && gate && !gate.isOut ? [out(backend, gate)] : []),
  ];
  if (taken.length > 0) return { commands: taken, removals: [], awaited: awaited.map(({ name }) => name) };
  const done = facts.servers.filter((server) => isUnwanted(server, wanted) && server.inFlight === 0);
  return done.length === 0 ? undefined : { commands: [], removals: done, awaited: [] };
}

function toEntry(target: SwitchTarget): Entry {
  const name = target.state === 'standby' ? standbyEntry(target.id) : target.id;
  return { name, target, state: target.state === 'draining' ? 'drain' : 'ready' };
}

/** Brings an entry to where it can get what it should. An entry that only finishes what it has is drained at once: it is new, or out. */
function give(backend: string, { name, target, state }: Entry, server: ServerFact | undefined): readonly string[] {
  const path = `${backend}/${name}`;
  const isHere = server !== undefined;
  const isMoved =
    isHere && (server.address.host !== target.address.host || server.address.port !== target.address.port);
  const isSet = isHere && !server.isOut && (state === 'drain' || !server.isDraining);
  return [
    ...(isHere
      ? []
      : [
          `add server ${path} ${renderAddress(target.address)}${backupOf(target)} weight ${target.weight} ${SERVER_OPTIONS}`,
        ]),
    ...(isMoved ? [`set server ${path} addr ${target.address.host} port ${target.address.port}`] : []),
    ...(isHere && server.weight !== target.weight ? [`set server ${path} weight ${target.weight}`] : []),
    ...(isHere && server.isChecked ? [] : [`enable health ${path}`]),
    ...(isSet ? [] : [`set server ${path} state ${state}`]),
  ];
}

function take(backend: string, { name, state }: Entry, server: ServerFact | undefined): readonly string[] {
  return state === 'drain' && server?.isDraining === false ? [`set server ${backend}/${name} state drain`] : [];
}

function holdBack(backend: string, gate: ServerFact | undefined): readonly string[] {
  if (!gate)
    return [`add server ${backend}/${GATE} ${GATE_ADDRESS} maxconn 1`, `set server ${backend}/${GATE} state ready`];
  return gate.isOut ? [`set server ${backend}/${GATE} state ready`] : [];
}

function out(backend: string, { name }: ServerFact): string {
  return `set server ${backend}/${name} state maint`;
}

function isUnwanted({ name }: ServerFact, wanted: readonly Entry[]): boolean {
  return name !== GATE && !wanted.some((entry) => entry.name === name);
}

function find({ servers }: BackendFacts, name: string): ServerFact | undefined {
  return servers.find((server) => server.name === name);
}

function backupOf({ state }: SwitchTarget): string {
  return state === 'standby' ? ' backup' : '';
}
