import { missingProgram, noInstance, specConflict, stillRunning } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { isImage, listContainerWords } from './container-words.ts';
import { renderEnvironmentFile } from './environment-file.ts';
import { noDocker, noPort, noUnit, stillEnding } from './errors.ts';
import { escapeVariables, renderExecWords, splitCommand } from './exec-line.ts';
import { findInstance, findKnown, type InstancePlace } from './find-instance.ts';
import { encodeSpec } from './instance-spec.ts';
import { addressOf } from './list-instances.ts';
import { type Script, ScriptExit } from './script.ts';
import { CREATE } from './scripts/create.ts';
import { REMOVE } from './scripts/remove.ts';
import { START } from './scripts/start.ts';
import { STOP } from './scripts/stop.ts';
import { baseVariables, configOf, isTemplate, type SshContext } from './ssh-context.ts';

/** Where an instance listens unless its environment says otherwise: the switch is on another machine. */
const everywhere = (address: string) => (address.includes(':') ? '::' : '0.0.0.0');
/** What a stop may take beyond the grace period. */
const STOP_SLACK_MS = 15_000;
const ACTION_LIMIT_MS = 90_000;

export async function createInstance(context: SshContext, spec: InstanceSpec, epoch: number): Promise<void> {
  const { id, service, run, kind, artifact, graceMs } = spec;
  const { unit, hosts } = configOf(context, service);
  const host = spec.host ?? hosts[0] ?? '';
  const text = encodeSpec(spec, unit);
  const existing = findKnown(context, id);
  if (existing && (existing.service !== service || existing.host !== host)) throw specConflict(id);
  const listen = { HOST: everywhere(await addressOf(context, host)) };
  const environment = { ...listen, ...spec.environment, ...identify(spec) };
  const script = fencedScript(context, `create ${id}`, {
    epoch,
    run,
    text: CREATE,
    variables: {
      ...{
        ID: id,
        SERVICE: service,
        UNIT: unit,
        SPEC: text,
        KIND: kind,
        ENVIRONMENT: renderEnvironmentFile(environment),
      },
      ...{ ...renderProgram({ ...spec, environment }), ARTIFACT: artifact, GRACE_MS: graceMs },
    },
  });
  const { exitCode } = await context.connections.run(host, script, { expected: [ScriptExit.otherSpec] });
  if (exitCode === ScriptExit.otherSpec) throw specConflict(id);
  context.places.set(id, { host, service });
}

/** What stands in `ExecStart=`; of a container, what comes behind the options that each has. */
function renderProgram(spec: InstanceSpec): { readonly PROGRAM: string; readonly WORDS: string } {
  if (isImage(spec.artifact))
    return { PROGRAM: 'docker', WORDS: renderExecWords(listContainerWords(spec).map(escapeVariables)) };
  const { program, args } = splitCommand(spec);
  return { PROGRAM: program, WORDS: renderExecWords(args) };
}

/** What an instance learns about itself. */
function identify({ id, service, release, environment }: InstanceSpec): { readonly [name: string]: string } {
  return {
    PGAPPNAME: environment.PGAPPNAME ?? `${service}@${release}`,
    ONWARD_SERVICE: service,
    ONWARD_RELEASE: release,
    ONWARD_INSTANCE: id,
  };
}

export async function startInstance(context: SshContext, id: string, epoch: number): Promise<void> {
  const place = await findInstance(context, id);
  if (!place) throw noInstance(id);
  const { host, service } = place;
  const { unit, ports } = configOf(context, service);
  const usable = isTemplate(unit) ? ports : ports.slice(0, 1);
  const script = fencedScript(context, `start ${id}`, {
    epoch,
    text: START,
    variables: { ID: id, UNIT: unit, PORTS: usable.join(' ') },
  });
  const { noInstance: gone, noProgram, noPort: taken, noUnit: unknown, noDocker: away } = ScriptExit;
  const { exitCode, stderr } = await context.connections.run(host, script, {
    limitMs: ACTION_LIMIT_MS,
    expected: [gone, noProgram, taken, unknown, away],
  });
  if (exitCode === gone) throw noInstance(id);
  if (exitCode === noProgram) throw missingProgram(id, `${stderr} on ${host}`);
  if (exitCode === taken) throw noPort(host, id);
  if (exitCode === unknown) throw noUnit(host, stderr);
  if (exitCode === away) throw noDocker(host, stderr);
}

export async function stopInstance(context: SshContext, id: string, epoch: number): Promise<void> {
  const place = await findInstance(context, id);
  if (!place) return;
  const { host, service } = place;
  const graceMs = context.services.find(({ name }) => name === service)?.graceMs ?? 0;
  const limitMs = graceMs + STOP_SLACK_MS;
  const script = fencedScript(context, `stop ${id}`, {
    epoch,
    text: STOP,
    variables: { ID: id, UNIT: unitOf(context, place), LIMIT_TENTHS: Math.ceil(limitMs / 100) },
  });
  const { exitCode, stderr } = await context.connections.run(host, script, {
    limitMs: limitMs + ACTION_LIMIT_MS,
    expected: [ScriptExit.stillEnding, ScriptExit.noDocker],
  });
  if (exitCode === ScriptExit.stillEnding) throw stillEnding(host, id);
  if (exitCode === ScriptExit.noDocker) throw noDocker(host, stderr);
}

export async function removeInstance(context: SshContext, id: string, epoch: number): Promise<void> {
  const place = await findInstance(context, id);
  if (!place) return;
  const script = fencedScript(context, `remove ${id}`, {
    epoch,
    text: REMOVE,
    variables: { ID: id, UNIT: unitOf(context, place) },
  });
  const { stillRunning: running, noDocker: away } = ScriptExit;
  const { exitCode, stderr } = await context.connections.run(place.host, script, { expected: [running, away] });
  if (exitCode === running) throw stillRunning(id);
  if (exitCode === away) throw noDocker(place.host, stderr);
  context.places.delete(id);
}

function unitOf(context: SshContext, { service }: InstancePlace): string {
  return configOf(context, service).unit;
}

/** A script that changes something, in the host's locked section, under an epoch. */
export function fencedScript(
  context: SshContext,
  action: string,
  options: {
    readonly epoch: number;
    readonly run?: string;
    readonly text: string;
    readonly variables: Script['variables'];
  },
): Script {
  const { epoch, run = '-', text, variables } = options;
  return {
    action,
    text,
    variables: { ...baseVariables(context), EPOCH: epoch, RUN: run, ACTION: action, ...variables },
  };
}
