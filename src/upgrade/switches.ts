import { createHaproxySwitch, type Switch } from '../deploy/index.ts';
import { assertNever, type Deployment } from '../model/index.ts';
import type { System } from '../system/index.ts';

export interface SwitchesOptions {
  readonly deployment: Deployment;
  readonly builtin: Switch;
}

/** Finds the switch of a service. One without a switch is asked of the builtin one, which has no such frontend. */
export function createSwitches(system: System, { deployment, builtin }: SwitchesOptions): (service: string) => Switch {
  return (name) => {
    const config = deployment.services.find((service) => service.name === name)?.switch ?? { kind: 'none' };
    switch (config.kind) {
      case 'builtin':
      case 'none':
        return builtin;
      case 'haproxy':
        return createHaproxySwitch(system, { stateDirectory: deployment.stateDirectory, config });
      default:
        return assertNever(config);
    }
  };
}
