import { z } from 'zod';
import { duration } from './shapes.ts';

/** Where services run that are no processes of this machine. */

export const compose = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Folder of compose.yaml; that of onward.yaml unless told' }),
    files: z
      .array(z.string().min(1))
      .optional()
      .meta({ description: 'Compose files, as -f; what Compose finds unless told' }),
    project: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be a project name of Compose')
      .optional()
      .meta({ description: 'Project name; what Compose chooses unless told' }),
    profiles: z.array(z.string().min(1)).optional().meta({ description: 'Profiles that are active' }),
    envFiles: z.array(z.string().min(1)).optional().meta({ description: 'Files for interpolation, as --env-file' }),
    override: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'File that Onward writes; compose.override.yaml in that folder unless told' }),
  })
  .meta({ description: 'The Compose project that services run in' });

export const ssh = z
  .strictObject({
    config: z.string().min(1).optional().meta({ description: "Configuration file of ssh; the user's own unless told" }),
    folder: z
      .string()
      .regex(/^\/[A-Za-z0-9._/-]*$/, 'must be an absolute path of letters, digits, ".", "_", "-" and "/"')
      .optional()
      .meta({ description: 'Folder on the hosts for artifacts and instances; /var/lib/onward unless told' }),
    connectTimeout: duration.optional().meta({ description: 'Limit for a connection to a host; 10s unless told' }),
  })
  .meta({ description: 'How hosts are reached' });

export type RawCompose = z.infer<typeof compose>;
export type RawSsh = z.infer<typeof ssh>;
