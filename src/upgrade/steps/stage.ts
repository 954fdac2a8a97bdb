import { configure } from '../configuration/apply-revision.ts';
import { createPerformer, type RunContext } from '../run-context.ts';

/**
 * Fetches every artifact that is going to run, by identity, and verifies the copy; then makes the release's changes to the configuration files,
 * which only the new instances see. A failure here leaves cached folders, and files that the end of the run takes back.
 */
export async function runStage(context: RunContext): Promise<void> {
  const { installation, release } = context;
  const perform = createPerformer(context, 'stage');
  const services = [...context.before.rolls, ...(release.migrationCommands ?? [])].map(({ service }) => service);
  for (const service of new Set(services)) {
    context.signal.throwIfAborted();
    const component = release.components.find((candidate) => candidate.service === service);
    if (!component) throw new Error(`Release ${release.version} has no component ${service}`);
    const { identity } = component;
    const from = installation.source.artifactPath(component);
    await perform(`stage:${service}`, { identity }, (epoch) =>
      installation.runtimeOf(service).stage({ service, component, from }, epoch),
    );
  }
  await configure(context);
}
