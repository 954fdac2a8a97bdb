import type { Component, Finding, Json, Service } from '../../../model/index.ts';
import { OnwardError } from '../../../model/index.ts';
import type { Work } from '../runtime.ts';
import { findSelfNamed } from './aliases.ts';
import { listPorts } from './choose-port.ts';
import { composeArgv, plainArgv, tryCompose } from './compose-cli.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { noComposeService, wrongArtifact } from './errors.ts';
import { baseOf, type Sections } from './override.ts';
import { findPastSwitch } from './past-switch.ts';
import { isPickedUp } from './project.ts';
import type { Project } from './project-model.ts';
import { findCoupled, isStateful } from './stateful.ts';
import { assertWritable, loadOverride } from './write-override.ts';

/** What is wrong with the operator's files, and what he should know of them. */
export async function checkProject(context: ComposeContext, { components }: Work): Promise<readonly Finding[]> {
  const project = await context.project();
  const names = context.services.map(({ name }) => name);
  return [
    ...names.flatMap((name) => checkService(context, project, name)),
    ...components.flatMap(({ service, component }) => checkComponent(service, component)),
    ...(await checkOverride(context)),
    ...(await checkStateful(context, project)),
    ...(await findSelfNamed(context, names)),
  ];
}

function checkService(context: ComposeContext, project: Project, name: string): readonly Finding[] {
  const { service, own } = findService(context, name);
  const section = project.services[own];
  if (!section) return [toFinding(noComposeService(own, Object.keys(project.services)))];
  const named = [
    ...checkName(name, section),
    ...checkAddress(service, section.network_mode),
    ...findPastSwitch(project, service, own),
  ];
  const declared = service.runtime.kind === 'compose' ? service.runtime.port : undefined;
  if (service.switch.kind === 'none' || declared !== undefined) return named;
  const published = ((section.ports ?? []) as readonly { readonly target: number }[]).map(({ target }) => target);
  const exposed = listPorts(((section.expose ?? []) as readonly Json[]).map(String));
  const ports = [...new Set([...published, ...exposed])];
  if (ports.length <= 1) return named;
  return [
    ...named,
    {
      code: 'compose.no-port',
      severity: 'error',
      message: `Which port of ${name} takes its requests cannot be told: compose.yaml names ${ports.join(' and ')}.`,
      hint: `Name it as "port" of ${name} in onward.yaml.`,
    },
  ];
}

/** One that has the network of another container is reached at an address that is not its own. */
function checkAddress({ name, switch: { kind }, ready }: Service, mode: Json | undefined): readonly Finding[] {
  const isAsked = kind !== 'none' || ready?.kind === 'http' || ready?.kind === 'tcp';
  if (!isAsked || !/^(none$|service:|container:)/.test(String(mode ?? ''))) return [];
  return [
    {
      code: 'compose.no-address',
      severity: 'error',
      message: `${name} cannot be reached: network_mode ${mode} in compose.yaml leaves it no address of its own.`,
      hint: `Give ${name} a network in compose.yaml; or take its switch and its probe out of onward.yaml.`,
    },
  ];
}

function checkName(service: string, { container_name: name }: Project['services'][string]): readonly Finding[] {
  if (typeof name !== 'string') return [];
  return [
    {
      code: 'compose.container-name',
      severity: 'info',
      message: `Containers of ${service} get the names of their instances in place of ${name}, which only one could have. In the networks of the project they are found as ${name}.`,
    },
  ];
}

function checkComponent(service: string, component: Component): readonly Finding[] {
  return component.kind === 'image' ? [] : [toFinding(wrongArtifact(service, component.kind))];
}

/** Whether Onward may write the override, and whether plain `docker compose` reads it. */
async function checkOverride(context: ComposeContext): Promise<readonly Finding[]> {
  try {
    await assertWritable(context);
    const sections = await loadOverride(context);
    const isRead = Object.keys(sections).length === 0 ? await isPickedUp(context) : await isReadAsIs(context, sections);
    return isRead ? [] : [notPickedUp(context)];
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return [toFinding(error)];
  }
}

/** By what the operator's own call gives. */
async function isReadAsIs(context: ComposeContext, sections: Sections): Promise<boolean> {
  const { exitCode, stdout } = await tryCompose(
    context,
    plainArgv(context, ['--profile', '*', 'config', '--format', 'json']),
  );
  if (exitCode !== 0) return false;
  const { services = {} } = JSON.parse(stdout) as { readonly services?: Sections };
  return Object.entries(sections).every(([own, section]) => baseOf(services[own]) === baseOf(section));
}

function notPickedUp({ compose }: ComposeContext): Finding {
  return {
    code: 'compose.override-not-read',
    severity: 'warning',
    message: `Plain "docker compose" in ${compose.folder} does not read ${compose.override}: "docker compose up -d" would go back to the images that compose.yaml names.`,
    hint: 'Add that file to COMPOSE_FILE in .env, or pass it with "-f", behind the others.',
  };
}

/** The files once more, before variables are put in their place; asked only where something keeps data. */
async function checkStateful(context: ComposeContext, project: Project): Promise<readonly Finding[]> {
  if (!Object.values(project.services).some(isStateful)) return [];
  const argv = composeArgv(context, {
    files: project.files,
    args: ['config', '--no-interpolate', '--format', 'json'],
  });
  const { exitCode, stdout } = await tryCompose(context, argv);
  if (exitCode !== 0) return [];
  const { services = {} } = JSON.parse(stdout) as { readonly services?: Project['services'] };
  const upgraded = context.services.map(({ name }) => findService(context, name).own);
  return findCoupled(services, upgraded);
}

function toFinding({ code, message, hint }: OnwardError): Finding {
  return { code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) };
}
