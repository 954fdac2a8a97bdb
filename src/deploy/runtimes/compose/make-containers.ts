import type { ComposeCall } from './compose-cli.ts';
import type { ComposeContext } from './compose-context.ts';
import { listServiceContainers } from './containers.ts';
import { composeFailed } from './errors.ts';
import type { Project } from './project-model.ts';
import { runRecorded } from './recorded-call.ts';

const CALL_LIMIT_MS = 120_000;
const CALL_GRACE_MS = 2_000;
/** What Compose says when the engine is restarted meanwhile. */
const ENGINE_WENT = /cannot connect to the docker daemon|error during connect|EOF|connection (reset|refused)/i;

export interface Place {
  readonly service: string;
  readonly own: string;
  readonly epoch: number;
}

/**
 * Has Compose make the containers of a service that the override asks for. Not with `up` alone: that would start the stopped ones, which are kept
 * to go back to. Not without what the service depends on: that is a part of what Compose compares. So of those there are to be as many as there are.
 */
export async function makeContainers(context: ComposeContext, { service, own, epoch }: Place): Promise<void> {
  const project = await context.project();
  const others = await Promise.all(
    listDependencies(project, own).map(async (name) => {
      const { length } = await listServiceContainers(context, name);
      return ['--scale', `${name}=${length}`];
    }),
  );
  const call: ComposeCall = {
    files: [...project.files, context.compose.override],
    args: ['up', '--no-start', '--no-recreate', '--no-build', '--pull', 'never', ...others.flat(), own],
  };
  const run = () => makeRecorded(context, { service, epoch, call });
  await run().catch(async (error: Error) => {
    if (!ENGINE_WENT.test(error.message)) throw error;
    // It is waited for. What Compose has made by then stays, and it makes the rest.
    await context.engine.request({ path: '/_ping' });
    await run();
  });
}

/** A call that a killed tool has left behind would make networks and containers beside the next one, of the same names. */
async function makeRecorded(
  context: ComposeContext,
  { service, epoch, call }: { readonly service: string; readonly epoch: number; readonly call: ComposeCall },
): Promise<void> {
  const { clock, random } = context.system;
  const recorded = { ...call, service, token: random.hex(8), slot: { name: 'create', epoch }, graceMs: CALL_GRACE_MS };
  const [late, done] = [new AbortController(), new AbortController()];
  const limit = new Error(`no end within ${CALL_LIMIT_MS / 1000} s`);
  clock.sleep(CALL_LIMIT_MS, done.signal).then(
    () => late.abort(limit),
    () => {},
  );
  const options = { onOutput: () => {}, signal: late.signal };
  const { code, signal, said } = await runRecorded(context, recorded, options).finally(() => done.abort(limit));
  if (code === 0) return;
  const why = late.signal.aborted ? limit.message : said || `it was ended by ${signal}`;
  throw composeFailed(call.args.slice(0, 2).join(' '), why);
}

/** All that a service depends on, directly or through others; Compose has put links and shared namespaces among them. */
function listDependencies({ services }: Project, own: string): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const other of Object.keys((services[name]?.depends_on as object | undefined) ?? {})) {
      if (found.has(other) || other === own) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(own);
  return [...found].sort();
}
