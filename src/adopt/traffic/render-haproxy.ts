import { type Door, listDoors, type MovedService, SWITCH_MOUNT } from './traffic-plan.ts';

/** The configuration of the ready-made HAProxy, whole; the backends stand beside it, one file a service. */
export function renderHaproxy(services: readonly MovedService[]): string {
  return [
    '# Written by "onward adopt traffic". Frontends are yours to change; the backends stand in backends/, and are written by Onward.',
    'global',
    `  stats socket ${SWITCH_MOUNT}/run/admin.sock mode 600 level admin expose-fd listeners`,
    '  hard-stop-after 10m',
    '',
    'defaults',
    '  timeout client 1h',
    '  timeout connect 5s',
    '  timeout server 1h',
    ...listDoors(services).flatMap(renderDoor),
    '',
  ].join('\n');
}

function renderDoor({ bind, mode, services }: Door): readonly string[] {
  const [first] = services;
  const names = services.map(({ name }) => name).join(', ');
  return [
    '',
    `frontend port_${bind}`,
    `  # ${names}`,
    `  mode ${mode}`,
    `  bind :${bind}`,
    // A name that is looked up for each request: HAProxy starts whether or not the backend is there.
    ...(services.length === 1 && first ? [`  use_backend %[str(${first.backend})]`] : services.flatMap(renderByName)),
  ];
}

function renderByName({ backend, origin, networks }: MovedService): readonly string[] {
  const names = [...new Set([origin, ...networks.flatMap(({ aliases }) => aliases)])];
  return [`  use_backend %[str(${backend})] if { req.hdr(host),field(1,:) -m str -i ${names.join(' ')} }`];
}
