import { describe, expect, it } from 'vitest';
import { parseImageName } from './image-name.ts';
import { findKnownSoftware } from './known-software.ts';

describe('findKnownSoftware()', () => {
  it.each([
    ['postgres:16', 'database'],
    ['timescale/timescaledb-ha:pg16', 'database'],
    ['docker.io/library/redis:7-alpine', 'cache'],
    ['registry.example:5000/mirror/nats:2', 'broker'],
    ['quay.io/minio/minio', 'object store'],
    ['traefik:v3', 'proxy'],
    ['grafana/grafana:11.0.0', 'tool'],
    ['quay.io/prometheus/node-exporter', 'tool'],
    ['shop/redis-importer:1', undefined],
    ['shop/api', undefined],
  ])('takes %s for %s', (image, kind) => {
    expect(findKnownSoftware(image)).toBe(kind);
  });
});

describe('parseImageName()', () => {
  it.each([
    ['api', { repository: 'api', owner: '', name: 'api' }],
    ['shop/api:1.2', { repository: 'shop/api', owner: 'shop', name: 'api', tag: '1.2' }],
    ['r.example:5000/shop/api', { repository: 'r.example:5000/shop/api', owner: 'r.example:5000/shop', name: 'api' }],
    ['r:5000/a:2@sha256:0f', { repository: 'r:5000/a', owner: 'r:5000', name: 'a', tag: '2', digest: 'sha256:0f' }],
  ])('reads %s', (text, expected) => {
    expect(parseImageName(text)).toEqual(expected);
  });
});
