import type { ComposeContext } from './compose-context.ts';
import type { Container } from './containers.ts';
import type { ProjectService } from './project-model.ts';

/**
 * An engine that is restarted starts what says `always` again, even what was stopped on request. Told once it is down: between two starts of one
 * that crashes, an engine refuses it.
 */
export async function keepDown(context: ComposeContext, container: Container, epoch: number): Promise<void> {
  if (container.HostConfig.RestartPolicy.Name !== 'always') return;
  await setRestart(context, { container, name: 'unless-stopped', epoch });
}

/** One that is started again after it was kept down: an engine that is restarted starts it too, as compose.yaml says. */
export async function comeBackAlways(
  context: ComposeContext,
  { container, own, epoch }: { readonly container: Container; readonly own: string; readonly epoch: number },
): Promise<void> {
  const section = (await context.project()).services[own];
  if (container.HostConfig.RestartPolicy.Name !== 'unless-stopped' || !isRestartedAlways(section)) return;
  await setRestart(context, { container, name: 'always', epoch });
}

/** What `deploy` says wins, as Compose has it. */
function isRestartedAlways(section: ProjectService | undefined): boolean {
  const deploy = section?.deploy as { readonly restart_policy?: { readonly condition?: string } | null } | undefined;
  const said = deploy?.restart_policy ? (deploy.restart_policy.condition ?? '') : section?.restart;
  return said === 'always' || said === 'any';
}

async function setRestart(
  { engine, fence }: ComposeContext,
  { container, name, epoch }: { readonly container: Container; readonly name: string; readonly epoch: number },
): Promise<void> {
  await fence.assertCurrent(epoch);
  const body = { RestartPolicy: { Name: name } };
  await engine.request({ method: 'POST', path: `/containers/${container.Id}/update`, body, accepts: [404] });
}
