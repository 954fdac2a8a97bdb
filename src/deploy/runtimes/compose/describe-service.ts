import type { Json } from '../../../model/index.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { requireProjectService } from './project.ts';

/** Of compose.yaml, what does not decide how a container runs, or is the release's to say. */
const LEFT_OUT: readonly string[] = ['image', 'build', 'pull_policy', 'scale', 'depends_on', 'profiles', 'develop'];

/**
 * The service's section of the operator's own files, as Compose reads them. What he changes there makes the service roll. Throws
 * `compose.no-service` when there is none.
 */
export async function describeService(context: ComposeContext, name: string): Promise<Json> {
  const { own } = findService(context, name);
  const section = requireProjectService(await context.project(), own);
  const { deploy, ...rest } = Object.fromEntries(Object.entries(section).filter(([key]) => !LEFT_OUT.includes(key)));
  // Compose fills in what says nothing.
  const said = Object.entries((deploy ?? {}) as { readonly [key: string]: Json }).filter(
    ([key, value]) => key !== 'replicas' && !isEmpty(value),
  );
  return { ...rest, ...(said.length === 0 ? {} : { deploy: Object.fromEntries(said) }) };
}

function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
