import { z } from 'zod';
import { isVersion } from '../model/index.ts';
import { compose, ssh } from './place-schema.ts';
import { service } from './service-schema.ts';
import {
  address,
  DATABASE_NAME_RULE,
  databaseName,
  duration,
  keyError,
  NAME,
  NAME_RULE,
  name,
  size,
  timeWindow,
  value,
} from './shapes.ts';

/** What `onward.yaml` may hold, before names are resolved and defaults are filled in. The JSON Schema is made from it. */

const headers = z.record(z.string(), z.string());
const checkBase = {
  name: z.string().min(1),
  timeout: duration.optional().meta({ description: 'Limit for one look; 10s unless told' }),
};

const check = z.union([
  z.strictObject({
    ...checkBase,
    http: z.strictObject({
      url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
      method: z.string().optional(),
      headers: headers.optional(),
      body: z.string().optional(),
      expect: z.strictObject({ status: z.int().optional(), bodyIncludes: z.string().optional() }).optional(),
      unchanged: z.boolean().optional(),
    }),
  }),
  z.strictObject({
    ...checkBase,
    sql: z.strictObject({
      database: databaseName,
      query: z.string().min(1),
      expect: z.union([z.string(), z.number(), z.boolean()]).optional(),
      unchanged: z.boolean().optional(),
    }),
  }),
  z.strictObject({ ...checkBase, tcp: z.strictObject({ connect: address }) }),
  z.strictObject({
    ...checkBase,
    command: z.strictObject({
      argv: z.array(z.string()).min(1, 'must name a program'),
      expect: z.strictObject({ exit: z.int().optional(), stdoutIncludes: z.string().optional() }).optional(),
    }),
  }),
  z.strictObject({
    ...checkBase,
    redis: z.strictObject({ connect: address, password: value.optional() }),
  }),
]);

const pacing = z
  .strictObject({
    windows: z.array(timeWindow).optional().meta({ description: 'When batches may run; always unless told' }),
    rowsPerSecond: z
      .int()
      .min(1, 'must be at least 1')
      .optional()
      .meta({ description: 'Rows that batches go through in a second; no limit unless told' }),
    replicaLag: duration.optional().meta({ description: 'Longest lag of a standby; 10s unless told' }),
    walBacklog: size
      .optional()
      .meta({ description: 'WAL kept for slots or waiting for the archive; 1GiB unless told' }),
    oldSnapshot: duration.optional().meta({ description: 'Oldest open transaction; 5m unless told' }),
    parallel: z
      .int()
      .min(1, 'must be at least 1')
      .max(16, 'must be at most 16')
      .optional()
      .meta({ description: 'Data migrations at once, each on its own table; 1 unless told' }),
  })
  .meta({ description: 'How hard data migrations may press on what serves' });

const CHANNEL_RULE = 'must be a channel such as stable, or a version';
const channelOrVersion = z
  .string(CHANNEL_RULE)
  .refine((text) => NAME.test(text) || isVersion(text.replace(/^v/, '')), CHANNEL_RULE);

const connection = z.strictObject({
  url: z.string().min(1).meta({ description: 'postgres://user@host:5432/database, env:NAME or file:PATH' }),
  passwordFile: z.string().optional().meta({ description: 'File that holds nothing but the password' }),
});

const argv = z.array(z.string().min(1)).min(1, 'must name a program');

const contract = z.strictObject({
  clients: z
    .array(z.string().min(1))
    .optional()
    .meta({ description: 'Names of clients that may be connected meanwhile, such as psql or grafana*' }),
  quarantine: duration
    .optional()
    .meta({ description: 'For how long privileges are taken on what goes, before it goes; not at all unless told' }),
  roles: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'Database roles to take them from; everybody who has a privilege or a session unless told' }),
});

const backup = z.strictObject({
  command: argv.meta({
    description: 'Program and arguments that back a database up; it is told which by PG variables',
  }),
  verify: argv.meta({ description: 'Program and arguments that prove the backup' }),
  timeout: duration.optional().meta({ description: 'Limit for each of them; 6h unless told' }),
});
const configurationFile = z
  .strictObject({
    file: z.string().min(1).meta({ description: 'Path of the file' }),
    format: z.enum(['env', 'yaml']).meta({
      description:
        'env: its keys become environment of the services. yaml: they read the file named by ONWARD_CONFIG_<NAME>',
    }),
    secret: z.boolean().optional().meta({ description: 'True: none of its values is ever shown' }),
    services: z.array(name).min(1, 'must name a service').meta({ description: 'Services that it configures' }),
  })
  .meta({ description: 'A file that services are configured with, and that releases may change' });

export const deploymentSchema = z
  .strictObject({
    deployment: name.meta({ description: 'Name of this installation' }),
    releases: z.strictObject({
      source: z.string().min(1).meta({ description: 'Folder of the release source' }),
      channel: channelOrVersion.optional().meta({ description: 'What is followed; stable unless told' }),
    }),
    databases: z.record(databaseName, connection, {
      error: keyError(DATABASE_NAME_RULE),
    }),
    scratch: connection
      .optional()
      .meta({ description: 'A server that holds nothing of value, for trying migrations out on copies of the schema' }),
    control: databaseName.optional().meta({ description: 'Database of lease and runs; the first one unless told' }),
    services: z.record(name, service, { error: keyError(NAME_RULE) }),
    compose: compose.optional(),
    ssh: ssh.optional(),
    configuration: z
      .record(name, configurationFile, { error: keyError(NAME_RULE) })
      .optional()
      .meta({ description: 'Configuration files by the name that releases give them' }),
    checks: z.array(check).optional().meta({ description: 'Smoke checks of every upgrade and of "onward verify"' }),
    locks: z
      .strictObject({
        budget: duration.optional().meta({ description: 'Longest stall of the application; 50ms unless told' }),
        wait: duration.optional().meta({ description: 'Longest wait of one migration file; 2m unless told' }),
      })
      .optional(),
    contract: contract.optional().meta({ description: 'What "onward contract" should know of this installation' }),
    backup: backup.optional().meta({ description: 'How a database is backed up before anything is removed from it' }),
    lease: z
      .strictObject({ ttl: duration.optional().meta({ description: 'Life of an unrenewed lease; 30s unless told' }) })
      .optional(),
    pacing: pacing.optional(),
  })
  .meta({ title: 'onward.yaml', description: 'One running installation of a product, described by its operator' });

export type RawDeployment = z.infer<typeof deploymentSchema>;
export type RawPacing = z.infer<typeof pacing>;
export type RawCheck = z.infer<typeof check>;
