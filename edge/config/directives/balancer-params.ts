/**
 * The parameters of a balancer: `ProxyPass / balancer://x/ key=value …`, ProxySet, and the <Proxy> line. One row per
 * key. A draft holds only what was said, because a vhost that says nothing of a key takes the main server's.
 *
 * Source: httpd 2.4 manual, mod_proxy, "ProxyPass" (balancer parameters).
 * Thread: main, at load.
 */
import type { BalancerSettings } from '../../../workers/balancer-settings.js';
import type { OutlierSettings } from '../../../workers/outlier.js';
import type { RetrySettings } from '../../../workers/retry.js';
import { BadParameter, integer, onOff, type ParameterRow } from './proxy-params-values.js';

export interface BalancerParameters
  extends Partial<
    Pick<
      BalancerSettings,
      | 'lbmethod'
      | 'nofailover'
      | 'maxattempts'
      | 'timeout'
      | 'failonstatus'
      | 'failontimeout'
      | 'forcerecovery'
      | 'nonce'
      | 'growth'
      | 'panic'
      | 'retryBudget'
    >
  > {
  /** Cookie and URL parameter; the value as written without `|` serves both. */
  sticky?: { cookie: string; parameter: string };
  /** Empty for Off. */
  separator?: string;
  scolonpathdelim?: boolean;
  /** drover's own, from edge-balancing.ts; null: switched off here. */
  outlier?: OutlierSettings | null;
  retryOn?: RetrySettings | null;
}

/** Methods that httpd ships, by the module that must be loaded for each. */
const HTTPD_METHODS = ['byrequests', 'bytraffic', 'bybusyness', 'heartbeat'];
/** Methods that httpd has not; they need no module. */
const OWN_METHODS = ['leasttime', 'random2', 'hash'];

/** httpd's array for both names of a sticky session; what is longer is cut. */
const LONGEST_STICKY = 63;
const LONGEST_NONCE = 36;
const INT32_MAX = 2 ** 31 - 1;

export const BALANCER_PARAMETERS: readonly ParameterRow<BalancerParameters>[] = [
  {
    key: 'lbmethod',
    apply(balancer, value) {
      const method = [...HTTPD_METHODS, ...OWN_METHODS].find((known) => known === value);
      if (method === undefined) throw new BadParameter('unknown lbmethod');
      balancer.lbmethod = method;
    },
  },
  {
    key: 'stickysession',
    apply(balancer, value) {
      const [cookie = '', parameter = cookie] = splitAtBar(value);
      balancer.sticky = {
        cookie: cookie.slice(0, LONGEST_STICKY),
        parameter: parameter.slice(0, LONGEST_STICKY),
      };
    },
  },
  {
    key: 'stickysessionsep',
    apply(balancer, value) {
      const isOff = value.toLowerCase() === 'off';
      if (value.length !== 1 && !isOff) {
        throw new BadParameter('stickysessionsep must be a single character or Off');
      }
      balancer.separator = isOff ? '' : value;
    },
  },
  {
    key: 'scolonpathdelim',
    apply(balancer, value) {
      balancer.scolonpathdelim = onOff(value, 'scolonpathdelim must be On|Off');
    },
  },
  {
    key: 'nofailover',
    apply(balancer, value) {
      // httpd's message names the opposite.
      balancer.nofailover = onOff(value, 'failover must be On|Off');
    },
  },
  {
    key: 'maxattempts',
    apply(balancer, value) {
      const message = 'maximum number of attempts must be a positive number';
      balancer.maxattempts = integer(value, 0, INT32_MAX, message);
    },
  },
  {
    key: 'timeout',
    apply(balancer, value) {
      balancer.timeout = integer(value, 1, INT32_MAX, 'timeout must be at least one second') * 1000;
    },
  },
  {
    key: 'failonstatus',
    apply(balancer, value) {
      const message = 'failonstatus must be one or more HTTP response codes';
      const codes = value.split(/[, ]+/).filter((code) => code !== '');
      balancer.failonstatus = codes.map((code) => integer(code, 100, 599, message));
    },
  },
  {
    key: 'failontimeout',
    apply(balancer, value) {
      balancer.failontimeout = onOff(value, 'failontimeout must be On|Off');
    },
  },
  {
    key: 'forcerecovery',
    apply(balancer, value) {
      balancer.forcerecovery = onOff(value, 'forcerecovery must be On|Off');
    },
  },
  {
    key: 'growth',
    apply(balancer, value) {
      balancer.growth = integer(value, 1, 100, 'growth must be between 1 and 100');
    },
  },
  {
    key: 'nonce',
    apply(balancer, value) {
      if (Buffer.byteLength(value) > LONGEST_NONCE) throw new BadParameter('Provided nonce is too large');
      balancer.nonce = value.toLowerCase() === 'none' ? 'None' : value;
    },
  },
];

function splitAtBar(value: string): string[] {
  const at = value.indexOf('|');
  return at === -1 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}

const BY_KEY = new Map(BALANCER_PARAMETERS.map((row) => [row.key, row]));

/**
 * Apply one parameter of a balancer; keys are compared without case.
 * isLoaded  is this module loaded? A method is known only with its module.
 * errors    BadParameter
 */
export function applyBalancerParameter(
  balancer: BalancerParameters,
  key: string,
  value: string,
  isLoaded: (module: string) => boolean,
): void {
  const row = BY_KEY.get(key.toLowerCase());
  if (row === undefined) throw new BadParameter('unknown Balancer parameter');
  row.apply(balancer, value);
  if (row.key === 'lbmethod' && HTTPD_METHODS.includes(value) && !isLoaded(`mod_lbmethod_${value}`))
    throw new BadParameter('unknown lbmethod');
}

/** What the main server's balancer says, where a vhost's of the same name says nothing. */
export function mergeBalancers(base: BalancerParameters, own: BalancerParameters): BalancerParameters {
  const merged = { ...base, ...own };
  if (own.sticky?.cookie === '' && base.sticky !== undefined) merged.sticky = base.sticky;
  // httpd joins the two lists, unlike everything else: the vhost's codes, then the main server's.
  const codes = [...(own.failonstatus ?? []), ...(base.failonstatus ?? [])];
  if (codes.length > 0) merged.failonstatus = codes;
  return merged;
}
