import { isTemplate } from './ssh-context.ts';

/** What systemd does to keep a service to itself. Folders that it writes to are its own: systemd makes them. */
const HARDENING = [
  'DynamicUser=yes',
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectControlGroups=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
];

/** A unit file for a service, to begin with. What runs comes from Onward's drop-in; until then there is nothing to start. */
export function renderUnitFile(options: {
  readonly deployment: string;
  readonly service: string;
  readonly unit: string;
  readonly isNotifying: boolean;
}): string {
  const { deployment, service, unit, isNotifying } = options;
  const instance = isTemplate(unit) ? ' (%i)' : '';
  return [
    '# Yours to change. Onward adds a drop-in, 50-onward.conf, that says what runs.',
    '[Unit]',
    `Description=${service} of ${deployment}${instance}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `Type=${isNotifying ? 'notify' : 'exec'}`,
    'ExecStart=/bin/false',
    'Restart=always',
    'RestartSec=1s',
    `StateDirectory=${deployment}-${service}`,
    ...HARDENING,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
