import { closest, type Finding } from '../model/index.ts';
import type { RawDeployment } from './schema.ts';

/** Names that lead nowhere, circles in `after`, and addresses that two services would share. */
export function checkReferences(raw: RawDeployment, file: string): readonly Finding[] {
  const messages = [...checkDatabases(raw), ...checkServices(raw), ...checkAddresses(raw)];
  return messages.map((message) => ({
    code: 'deployment.inconsistent',
    severity: 'error',
    message,
    position: { file },
  }));
}

function checkDatabases(raw: RawDeployment): readonly string[] {
  const known = Object.keys(raw.databases);
  if (known.length === 0) return ['databases: at least one is needed; the first one holds the lease and the ledger'];
  const messages: string[] = [];
  if (raw.control !== undefined && !known.includes(raw.control))
    messages.push(unknownName('control', raw.control, known));
  for (const [index, check] of (raw.checks ?? []).entries()) {
    if ('sql' in check && !known.includes(check.sql.database)) {
      messages.push(unknownName(`checks.${index}.sql.database`, check.sql.database, known));
    }
  }
  return messages;
}

function checkServices(raw: RawDeployment): readonly string[] {
  const known = Object.keys(raw.services);
  if (known.length === 0) return ['services: at least one is needed'];
  const messages: string[] = [];
  for (const [name, service] of Object.entries(raw.services)) {
    for (const other of service.after ?? []) {
      if (!known.includes(other)) messages.push(unknownName(`services.${name}.after`, other, known));
    }
    if (service.roll === 'start-first' && !service.switch) {
      messages.push(
        `services.${name}.roll: start-first needs a switch in front; add "switch" or choose overlap or stop-first`,
      );
    }
    if (service.roll === 'stop-first' && (service.replicas ?? 1) > 1) {
      messages.push(`services.${name}.replicas: a stop-first service has one instance`);
    }
  }
  const circle = findCircle(raw);
  if (circle) messages.push(`services: "after" goes in a circle: ${circle.join(' -> ')}`);
  return messages;
}

function checkAddresses(raw: RawDeployment): readonly string[] {
  const owners = new Map<string, string>();
  const messages: string[] = [];
  for (const [name, service] of Object.entries(raw.services)) {
    const listen = service.switch?.builtin.listen;
    if (listen === undefined) continue;
    const owner = owners.get(listen);
    if (owner !== undefined)
      messages.push(`services.${name}.switch.builtin.listen: ${listen} is the address of "${owner}" already`);
    owners.set(listen, name);
  }
  return messages;
}

function findCircle(raw: RawDeployment): readonly string[] | undefined {
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    for (const other of raw.services[name]?.after ?? []) {
      const circle = visit(other, [...path, name]);
      if (circle) return circle;
    }
    return undefined;
  };
  for (const name of Object.keys(raw.services)) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}

function unknownName(where: string, name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return `${where}: there is no "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}
