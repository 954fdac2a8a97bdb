import { createHmac } from 'node:crypto';
import { type RenderedConfiguration, type Revision, renderConfiguration } from '../configuration/index.ts';
import type { DesiredInstance, InstanceSpec } from '../deploy/index.ts';
import { resolveEnvironment } from '../deployment/index.ts';
import {
  type Component,
  canonicalJson,
  type Digest,
  type ReadyProbe,
  type Release,
  type Service,
} from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import { shortRunId } from './run-id.ts';

/** How long an instance without a probe must stay up to count as ready. */
const UP_FOR_MS = 1_000;

/** Identity of a service's rendered configuration in a release: what, beside the artifact, decides how it runs. */
export async function digestConfig(
  system: System,
  installation: Installation,
  options: {
    readonly service: Service;
    readonly component: Component;
    /** Of the configuration files. */
    readonly revisions: readonly Revision[];
  },
): Promise<Digest> {
  const { service, component, revisions } = options;
  const { environment, files } = await renderEnvironment(system, service, revisions);
  // By what files say, not by where they are: a deployment that is moved is the same.
  const identities = Object.entries(files).map(([variable, { digest }]) => [variable, digest] as const);
  const own = await installation.runtimeOf(service.name).describeService(service.name);
  const rendered = {
    command: component.command,
    environment,
    ...(own === undefined ? {} : { own }),
    ...(identities.length > 0 ? { files: Object.fromEntries(identities) } : {}),
  };
  return `sha256:${createHmac('sha256', installation.configKey).update(canonicalJson(rendered)).digest('hex')}`;
}

/**
 * The instances that must serve once a release has rolled. Their ids depend on nothing but the run, so a resumed run finds its own. Each tells
 * the database who it is and which release made it, unless the operator says otherwise. That is no part of its configuration: a carried
 * component keeps its name.
 */
export async function buildDesired(
  system: System,
  installation: Installation,
  options: {
    readonly service: Service;
    readonly component: Component;
    readonly run: string;
    readonly revisions: readonly Revision[];
  },
): Promise<readonly DesiredInstance[]> {
  const { service, component, run, revisions } = options;
  const kind = service.roll === 'one-shot' ? 'one-shot' : 'service';
  const shared: Omit<InstanceSpec, 'id'> = {
    service: service.name,
    release: component.producedBy,
    kind,
    identity: component.identity,
    config: await digestConfig(system, installation, { service, component, revisions }),
    artifact: installation.runtimeOf(service.name).locate(component),
    command: component.command,
    environment: {
      PGAPPNAME: `${service.name}@${component.producedBy}`,
      ...(await buildEnvironment(system, service, revisions)),
    },
    graceMs: service.graceMs,
    run,
  };
  const base = `${service.name}-${component.producedBy.toLowerCase()}-${shortRunId(run)}`;
  // Each host has as many as are asked for; a one-shot runs once, on the first.
  const all = service.runtime.kind === 'ssh' ? service.runtime.hosts : [undefined];
  const hosts = kind === 'one-shot' ? all.slice(0, 1) : all;
  return hosts.flatMap((host, place) =>
    Array.from({ length: service.replicas }, (_, index) => {
      const id = `${base}-${place * service.replicas + index + 1}`;
      return { id, spec: { ...shared, id, ...(host === undefined ? {} : { host }) } };
    }),
  );
}

/** What the processes of a service get: the variables, and where the configuration files are. */
export async function buildEnvironment(
  system: System,
  service: Service,
  revisions: readonly Revision[],
): Promise<{ readonly [name: string]: string }> {
  const { environment, files } = await renderEnvironment(system, service, revisions);
  const paths = Object.entries(files).map(([variable, { path }]) => [variable, path] as const);
  return { ...Object.fromEntries(paths), ...environment };
}

/** The variables of a service's instances: those of onward.yaml win over those of configuration files. */
async function renderEnvironment(
  system: System,
  service: Service,
  revisions: readonly Revision[],
): Promise<RenderedConfiguration> {
  const { environment, files } = await renderConfiguration(service, revisions);
  return { environment: { ...environment, ...(await resolveEnvironment(system, service)) }, files };
}

/** The operator's word, then the vendor's, then staying up. */
export function chooseReadyProbe(service: Service, release: Release | undefined): ReadyProbe {
  const vendor = release?.services.find((candidate) => candidate.name === service.name)?.ready;
  return service.ready ?? vendor ?? { kind: 'up', forMs: UP_FOR_MS };
}
