/** Where a registry's interface is: with encryption; for one of this machine, also without. Docker Hub's is not at its name. */
export function registryAddresses(registry: string): readonly [URL, URL?] {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const encrypted = new URL(`https://${host}/`);
  return isLoopback(host) ? [encrypted, new URL(`http://${host}/`)] : [encrypted];
}

/** A host, with or without a port, that is this machine and nothing else. */
export function isLoopback(host: string): boolean {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
