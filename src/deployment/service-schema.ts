import { z } from 'zod';
import { address, duration, isPort, name, PORT_RULE, value } from './shapes.ts';

const ready = z.union([
  z.strictObject({ http: z.string().startsWith('/', 'must be a path such as /ready') }),
  z.strictObject({ tcp: z.literal(true) }),
  z.strictObject({ up: duration }),
]);

const builtin = z.strictObject({
  listen: address.meta({ description: 'Where clients connect, as host:port' }),
  mode: z.enum(['http', 'tcp']).optional().meta({ description: 'What it carries: http unless told' }),
});

const ADMIN_RULE = 'must be the path of a socket or a loopback address such as 127.0.0.1:9999';
const admin = z
  .string()
  .refine((text) => text.includes('/') || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d{1,5}$/.test(text), ADMIN_RULE)
  .refine((text) => text.includes('/') || isPort(text), PORT_RULE);

const haproxy = z.strictObject({
  socket: admin.meta({ description: 'Its runtime API: path of a socket, or host:port on loopback' }),
  backend: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, 'must be letters, digits, ".", "_" and "-"')
    .meta({ description: 'Name of the backend' }),
  file: z
    .string()
    .endsWith('.cfg', 'must end in .cfg: HAProxy reads no other file of a folder')
    .meta({ description: 'File with the backend, written by Onward and read by HAProxy' }),
  master: admin.optional().meta({ description: 'Command line of its master process, for reloads' }),
  listen: address.optional().meta({ description: 'Where its clients connect, for people and checks' }),
  mode: z.enum(['http', 'tcp']).optional().meta({ description: 'What it carries: http unless told' }),
});

const PORTS_RULE = 'must be a port such as 8080, or a range such as 8080-8089';
const isRange = (text: string): boolean => {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return first >= 1 && first <= last && last <= 65_535;
};
const ports = z
  .union(
    [
      z.int().min(1).max(65_535),
      z
        .string()
        .regex(/^\d{1,5}-\d{1,5}$/, PORTS_RULE)
        .refine(isRange, PORTS_RULE),
    ],
    { error: PORTS_RULE },
  )
  .meta({ description: 'A port, or a range of ports' });

const SHARE_RULE = 'must be a number of hosts, or a share such as 25%';

/** One service of `onward.yaml`. */
export const service = z.strictObject({
  runtime: z.enum(['process', 'compose', 'ssh']).meta({ description: 'What starts and stops its instances' }),
  service: z.string().min(1).optional().meta({ description: 'Its name in compose.yaml; its own name unless told' }),
  hosts: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be a host as ssh knows it'))
    .min(1)
    .optional()
    .meta({ description: 'Hosts that it runs on, as ssh knows them, in the order in which they are rolled' }),
  unit: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]+@?\.service$/, 'must be a unit such as search.service or search@.service')
    .optional()
    .meta({ description: 'The systemd unit of an instance, or its template' }),
  port: ports.optional().meta({ description: 'Port that its instances listen on; of a template unit, a range' }),
  atOnce: z
    .union([z.int().min(1), z.string().regex(/^([1-9]\d?|100)%$/, SHARE_RULE)], { error: SHARE_RULE })
    .optional()
    .meta({ description: 'Hosts that are rolled at once, or a share of them; 1 unless told' }),
  canary: z.boolean().optional().meta({ description: 'True: the first host is rolled alone, and watched' }),
  replicas: z
    .int()
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .optional()
    .meta({ description: 'How many instances run; 1 unless told' }),
  roll: z
    .enum(['start-first', 'overlap', 'stop-first', 'one-shot'])
    .optional()
    .meta({ description: 'How it moves from old to new; what the release says unless told' }),
  after: z.array(name).optional().meta({ description: 'Services whose new instances must serve first' }),
  ready: ready.optional().meta({ description: 'How an instance says that it can take work' }),
  readyTimeout: duration.optional().meta({ description: 'Limit for an instance to become ready; 60s unless told' }),
  switch: z
    .union([z.strictObject({ builtin }), z.strictObject({ haproxy })])
    .optional()
    .meta({ description: 'What decides which instances get requests' }),
  drain: duration.optional().meta({ description: 'How long old instances may finish requests; 30s unless told' }),
  grace: duration.optional().meta({
    description: 'From SIGTERM to SIGKILL; 10s, or in Compose its stop_grace_period, unless told',
  }),
  settle: duration.optional().meta({ description: 'How long new instances are watched; 10s unless told' }),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'), value)
    .optional()
    .meta({ description: 'Environment variables of its instances' }),
});

export type RawService = z.infer<typeof service>;
export type RawReady = z.infer<typeof ready>;
