/**
 * The health-check parameters of a member (mod_proxy_hcheck), one row per key. ProxyHCTemplate takes the same rows.
 * Names that a parameter refers to (hctemplate, hcexpr) must have been defined on an earlier line, as in httpd.
 *
 * Source: httpd 2.4 manual, mod_proxy_hcheck.
 * Thread: main, at load.
 */
import { HEALTH_METHODS } from '../../../workers/member.js';
import type { HealthDraft } from './proxy-params.js';
import { BadParameter, duration, integer, type ParameterRow, shortText } from './proxy-params-values.js';

const SHORTEST_INTERVAL = 100;

export const HEALTH_PARAMETERS: readonly ParameterRow<HealthDraft>[] = [
  {
    key: 'hctemplate',
    apply(health, value) {
      const template = health.templates.get(value.toLowerCase());
      if (template === undefined) throw new BadParameter(`Unknown ProxyHCTemplate name: ${value}`);
      Object.assign(health, template);
    },
  },
  {
    key: 'hcmethod',
    apply(health, value) {
      const name = value.toUpperCase();
      if (name === 'PROVIDER') throw new BadParameter(`Health check method PROVIDER not (yet) implemented`);
      const method = name === 'NONE' ? 'NONE' : HEALTH_METHODS.find((known) => known === name);
      if (method === undefined) throw new BadParameter('Unknown method');
      health.method = method;
    },
  },
  {
    key: 'hcinterval',
    apply(health, value) {
      const interval = duration(value, 's');
      if (interval === undefined) throw new BadParameter('Unparse-able hcinterval setting');
      if (interval < SHORTEST_INTERVAL) {
        throw new BadParameter(`Interval must be a positive value greater than ${SHORTEST_INTERVAL}ms`);
      }
      health.interval = interval;
    },
  },
  {
    key: 'hcpasses',
    apply(health, value) {
      health.passes = integer(value, 0, 2 ** 31 - 1, 'Passes must be a positive value');
    },
  },
  {
    key: 'hcfails',
    apply(health, value) {
      health.fails = integer(value, 0, 2 ** 31 - 1, 'Fails must be a positive value');
    },
  },
  {
    key: 'hcuri',
    apply(health, value) {
      health.uri = shortText(value, 64, 'Health check uri');
    },
  },
  {
    key: 'hcexpr',
    apply(health, value) {
      if (!health.expressions.has(value.toLowerCase())) {
        throw new BadParameter(`Unknown health check condition expr: ${value}`);
      }
      health.expression = value;
    },
  },
];
