import type { Deployment, Finding, Secret } from '../model/index.ts';

/** Names under which people keep secrets. */
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE|API_?KEY|CREDENTIAL)/i;
const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:[^\s@/]+@/i;

/** Secrets that stand in the file itself, where everyone who reads it sees them. Warnings: they work. */
export function checkClearText(deployment: Deployment): readonly Finding[] {
  const findings: Finding[] = [];
  const look = (where: string, secret: Secret | undefined, isSecretByName: 'named' | 'unnamed') => {
    if (secret?.from !== 'text') return;
    if (isSecretByName === 'unnamed' && !URL_WITH_PASSWORD.test(secret.value)) return;
    findings.push({
      code: 'deployment.clear-text-secret',
      severity: 'warning',
      message: `${where} in onward.yaml holds a secret in clear text.`,
      position: { file: deployment.file },
      hint: 'Write env:NAME or file:PATH instead; for a database, passwordFile.',
    });
  };
  for (const database of deployment.databases) look(`databases.${database.name}.url`, database.url, 'unnamed');
  look('scratch.url', deployment.scratch?.url, 'unnamed');
  for (const service of deployment.services) {
    for (const [name, secret] of Object.entries(service.environment)) {
      look(`services.${service.name}.environment.${name}`, secret, SECRET_NAME.test(name) ? 'named' : 'unnamed');
    }
  }
  for (const check of deployment.checks) {
    if (check.kind === 'redis') look(`checks "${check.name}"`, check.password, 'named');
  }
  return findings;
}
