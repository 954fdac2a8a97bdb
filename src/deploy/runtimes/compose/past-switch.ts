import type { Finding, Service } from '../../../model/index.ts';
import { listAliases } from './losses.ts';
import type { Project, ProjectService } from './project-model.ts';

/**
 * Services of the project that send requests straight to containers which have a switch in front, as far as their environment and commands tell:
 * nothing in the network answers to the name but the containers themselves. Pure.
 */
export function findPastSwitch(
  { services }: Pick<Project, 'services'>,
  service: Service,
  own: string,
): readonly Finding[] {
  if (service.switch.kind === 'none') return [];
  const others = Object.entries(services).filter(([name]) => name !== own);
  if (others.some(([, section]) => listAliases(section).includes(own))) return [];
  const callers = others.filter(([, section]) => isCaller(section, own)).map(([name]) => name);
  if (callers.length === 0) return [];
  return [
    {
      code: 'compose.past-switch',
      severity: 'warning',
      message: `Requests of ${callers.join(', ')} to ${own} go straight to its containers, past the switch: those that reach one which is being stopped fail.`,
      hint: `Have them call the switch; or run it in the project, with ${own} as an alias in its network.`,
    },
  ];
}

/** `http://api:3000`, `user@api:3000`, `api:3000`. */
function isCaller(section: ProjectService, own: string): boolean {
  const name = own.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const address = new RegExp(`(//|@)${name}([:/]|$)|(^|[\\s,=])${name}:\\d`);
  const said = [...Object.values((section.environment ?? {}) as object), section.command, section.entrypoint].flat();
  return said.some((text) => address.test(String(text)));
}
