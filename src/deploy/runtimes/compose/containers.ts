import * as z from 'zod/mini';
import type { ComposeContext } from './compose-context.ts';
import { COMPOSE_LABELS } from './labels.ts';

const endpoint = z.object({
  NetworkID: z.string(),
  IPAddress: z.string(),
  Aliases: z.nullish(z.array(z.string())),
  IPAMConfig: z.nullish(z.record(z.string(), z.unknown())),
});

/** What the engine says of a container, as far as it is looked at here. */
const document = z.object({
  Id: z.string(),
  Name: z.string(),
  /** Of the image, as the engine names it. */
  Image: z.string(),
  RestartCount: z.int(),
  State: z.object({
    Status: z.string(),
    Pid: z.int(),
    ExitCode: z.int(),
    OOMKilled: z.boolean(),
    Error: z.string(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Health: z.nullish(
      z.object({
        Status: z.string(),
        Log: z.nullish(z.array(z.object({ ExitCode: z.int(), Output: z.string() }))),
      }),
    ),
  }),
  Config: z.object({
    Image: z.string(),
    Labels: z.nullish(z.record(z.string(), z.string())),
    ExposedPorts: z.nullish(z.record(z.string(), z.unknown())),
    /** Seconds; of compose.yaml's `stop_grace_period`. */
    StopTimeout: z.nullish(z.int()),
  }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    Memory: z.number(),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.int() }),
  }),
  Mounts: z.nullish(
    z.array(z.object({ Type: z.string(), Name: z.optional(z.string()), Destination: z.string(), RW: z.boolean() })),
  ),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), endpoint),
    /** Where this machine has its ports, by `3000/tcp`. */
    Ports: z.nullish(z.record(z.string(), z.nullish(z.array(z.object({ HostIp: z.string(), HostPort: z.string() }))))),
  }),
});

export type Container = z.infer<typeof document>;

/** Labels, values or not: `name` or `name=value`. */
export type LabelFilter = readonly string[];

/** Containers with these labels, in whatever state, as they are now; one that goes away meanwhile is left out. */
export async function listContainers(
  { engine }: Pick<ComposeContext, 'engine'>,
  labels: LabelFilter,
): Promise<readonly Container[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: labels }));
  const { body } = await engine.request({ path: `/containers/json?all=1&filters=${filters}` });
  const ids = (JSON.parse(body) as readonly { readonly Id: string }[]).map(({ Id }) => Id);
  const found = await Promise.all(ids.map((id) => inspectContainer({ engine }, id)));
  return found.filter((container) => container !== undefined);
}

/** `undefined` when there is none. */
export async function inspectContainer(
  { engine }: Pick<ComposeContext, 'engine'>,
  id: string,
): Promise<Container | undefined> {
  const { status, body } = await engine.request({ path: `/containers/${id}/json`, accepts: [404] });
  return status === 404 ? undefined : document.parse(JSON.parse(body));
}

/** The containers that Compose has made for a service, by their numbers. Those of `docker compose run` are no instances. */
export async function listServiceContainers(context: ComposeContext, own: string): Promise<readonly Container[]> {
  const { name } = await context.project();
  const labels = [
    `${COMPOSE_LABELS.project}=${name}`,
    `${COMPOSE_LABELS.service}=${own}`,
    `${COMPOSE_LABELS.oneOff}=False`,
  ];
  const found = await listContainers(context, labels);
  return [...found].sort((a, b) => numberOf(a) - numberOf(b));
}

export function labelOf({ Config }: Pick<Container, 'Config'>, label: string): string | undefined {
  return Config.Labels?.[label];
}

export function numberOf(container: Pick<Container, 'Config'>): number {
  return Number(labelOf(container, COMPOSE_LABELS.number) ?? 0);
}
