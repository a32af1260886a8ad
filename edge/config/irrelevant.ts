/**
 * Directives of httpd that a balancer may ignore: accepted wherever they stand, without looking at their words, and
 * listed with the reason by -t -v. `irrelevant` has no meaning here and never will; `inactive` would have an effect that
 * drover does not have yet and that no client can mistake for another.
 *
 * A few words change nothing as long as they say what is so anyway (`HostnameLookups Off`): with any other value they
 * are unsupported.
 *
 * Source: httpd 2.4 manual, "Directive Index".
 */
import { wordsOf } from './known.js';

export interface AcceptedWord {
  kind: 'irrelevant' | 'inactive';
  reason: string;
}

interface Group extends AcceptedWord {
  words: readonly string[];
}

const FILES = 'drover serves no files from disk';
const PROCESSES = 'drover has threads of its own instead of httpd’s processes';
const SCRIPTS = 'drover runs no scripts';

const GROUPS: readonly Group[] = [
  {
    kind: 'irrelevant',
    reason: FILES,
    words: [
      ...'AccessFileName AllowOverride AllowOverrideList Options DefaultType FileETag'.split(' '),
      ...'EnableMMAP EnableSendfile AcceptPathInfo ContentDigest MaxRanges MaxRangeOverlaps'.split(' '),
      ...'MaxRangeReversals Alias AliasMatch AliasPreservePath ForceType'.split(' '),
      ...['mod_autoindex', 'mod_dir', 'mod_mime', 'mod_mime_magic', 'mod_negotiation'].flatMap(wordsOf),
      ...['mod_include', 'mod_imagemap', 'mod_userdir', 'mod_speling', 'mod_cern_meta'].flatMap(wordsOf),
      ...['mod_dav', 'mod_dav_fs', 'mod_dav_lock', 'mod_file_cache', 'mod_asis'].flatMap(wordsOf),
      ...['mod_vhost_alias', 'mod_xml2enc'].flatMap(wordsOf),
    ],
  },
  {
    kind: 'irrelevant',
    reason: SCRIPTS,
    words: [
      ...'ScriptAlias ScriptAliasMatch CGIPassAuth CGIVar RLimitCPU RLimitMEM RLimitNPROC Suexec'.split(' '),
      ...['mod_cgi', 'mod_cgid', 'mod_actions', 'mod_suexec', 'mod_isapi'].flatMap(wordsOf),
      ...['mod_proxy_fcgi', 'mod_proxy_scgi', 'mod_authnz_fcgi'].flatMap(wordsOf),
    ],
  },
  {
    kind: 'irrelevant',
    reason: PROCESSES,
    words: [
      ...'Mutex ScoreBoardFile CoreDumpDirectory MaxMemFree ThreadStackSize AcceptFilter'.split(' '),
      ...'ListenCoresBucketsRatio ListenTCPDeferAccept ReadBufferSize FlushMaxThreshold'.split(' '),
      ...'FlushMaxPipelined WatchdogInterval SendBufferSize ReceiveBufferSize'.split(' '),
      ...'MaxConnectionsPerChild MaxRequestsPerChild MinSpareThreads MaxSpareThreads'.split(' '),
      ...'MinSpareServers MaxSpareServers AsyncRequestWorkerFactor BufferedLogs'.split(' '),
      ...['mod_privileges', 'mod_systemd', 'mod_socache_memcache', 'mod_socache_redis'].flatMap(wordsOf),
      ...['mod_dbd', 'mod_dumpio', 'mod_info', 'mod_log_debug'].flatMap(wordsOf),
    ],
  },
  {
    kind: 'irrelevant',
    reason: 'drover passes every method on, and has no requests within requests',
    words: ['RegisterHttpMethod', 'LimitInternalRecursion', 'QualifyRedirectURL', 'LimitXMLRequestBody'],
  },
  {
    kind: 'irrelevant',
    reason: 'without effect in httpd 2.4 too',
    words: ['Protocol', 'SSLLog', 'SSLLogLevel'],
  },
  {
    kind: 'inactive',
    reason: 'no request body is decompressed, and INFLATE has no limit but memory, of which it needs little',
    words: ['DeflateInflateLimitRequestBody', 'DeflateInflateRatioLimit', 'DeflateInflateRatioBurst'],
  },
  {
    kind: 'irrelevant',
    reason: 'the status page shows the first 192 characters of a request',
    words: ['SeeRequestTail'],
  },
  {
    kind: 'irrelevant',
    reason: 'it only silences warnings about macros',
    words: ['MacroIgnoreEmptyArgs', 'MacroIgnoreBadNesting'],
  },
  {
    kind: 'irrelevant',
    reason: 'members with ws:// are asked for HTTP when the client asks for it, as httpd does by default',
    words: wordsOf('mod_proxy_wstunnel'),
  },
  { kind: 'inactive', reason: 'early hints are passed on, none are made', words: ['H2EarlyHint'] },
  {
    kind: 'irrelevant',
    reason: 'it is about httpd’s worker threads, buffers and pushes, of which HTTP/2 has none here',
    words: [
      ...[
        'H2MinWorkers',
        'H2MaxWorkers',
        'H2MaxWorkerIdleSeconds',
        'H2StreamMaxMemSize',
        'H2SerializeHeaders',
      ],
      ...['H2SessionExtraFiles', 'H2TLSWarmUpSize', 'H2TLSCoolDownSecs', 'H2CopyFiles', 'H2OutputBuffering'],
      ...['H2Push', 'H2PushPriority', 'H2PushDiarySize', 'H2PushResource', 'H2MaxDataFrameLen'],
      ...['H2MaxHeaderBlockLen', 'H2ProxyRequests'],
    ],
  },
];

/** Words that may stand with these values (in lower case), which say what is so anyway. */
const NEUTRAL: Readonly<Record<string, readonly string[]>> = {
  hostnamelookups: ['off'],
  adddefaultcharset: ['off'],
  mergetrailers: ['off'],
  stricthostcheck: ['off'],
  identitycheck: ['off'],
  rewriteengine: ['off'],
  session: ['off'],
  expiresactive: ['off'],
  proxyhtmlenable: ['off'],
  sethandler: ['none'],
};

const BY_NAME = new Map<string, AcceptedWord>();
for (const { kind, reason, words } of GROUPS) {
  for (const word of words) BY_NAME.set(word.toLowerCase(), { kind, reason });
}

/**
 * word   in any case, a section with its `<`
 * value  its first argument
 */
export function acceptedWord(word: string, value: string | undefined): AcceptedWord | undefined {
  const name = word.toLowerCase();
  if (value !== undefined && NEUTRAL[name]?.includes(value.toLowerCase()) === true) {
    return { kind: 'irrelevant', reason: 'says what drover does anyway' };
  }
  return BY_NAME.get(name);
}
