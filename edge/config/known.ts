/**
 * Every directive of httpd 2.4 and the module that has it, sections with their `<`. What is in this table and in no row
 * (rows.ts) is known to httpd but not to drover: an error that says so, where a word in neither is a misspelling.
 *
 * Source: the command tables of httpd 2.4.71, as `httpd -L` prints them with every module loaded; a few modules of
 * other platforms from the manual. `mpm` stands for whichever of the process models is in use.
 */
const WORDS: Readonly<Record<string, string>> = {
  core:
    '<Directory <Location <VirtualHost <Files <Limit <LimitExcept <IfModule <IfDefine <IfFile ' +
    '<IfDirective <IfSection <DirectoryMatch <LocationMatch <FilesMatch AddDefaultCharset ' +
    'AcceptPathInfo Define UnDefine Error <If <ElseIf <Else AccessFileName DocumentRoot ErrorDocument ' +
    'AllowOverride AllowOverrideList Options DefaultType FileETag EnableMMAP EnableSendfile ' +
    'ReadBufferSize FlushMaxThreshold FlushMaxPipelined Protocol AcceptFilter Port HostnameLookups ' +
    'ServerAdmin ServerName ServerSignature ServerRoot DefaultRuntimeDir ErrorLog ErrorLogFormat ' +
    'ServerAlias ServerPath Timeout ContentDigest UseCanonicalName UseCanonicalPhysicalPort Include ' +
    'IncludeOptional LogLevel NameVirtualHost ServerTokens LimitRequestLine LimitRequestFieldsize ' +
    'LimitRequestFields LimitRequestBody LimitXMLRequestBody Mutex MaxRanges MaxRangeOverlaps ' +
    'MaxRangeReversals RLimitCPU RLimitMEM RLimitNPROC RegexDefaultOptions LimitInternalRecursion ' +
    'CGIPassAuth CGIVar QualifyRedirectURL StrictHostCheck ForceType SetHandler SetOutputFilter ' +
    'SetInputFilter AllowEncodedSlashes ScoreBoardFile ExtendedStatus SeeRequestTail PidFile ' +
    'MaxRequestsPerChild MaxConnectionsPerChild CoreDumpDirectory MaxMemFree ThreadStackSize ' +
    'TraceEnable MergeTrailers Protocols ProtocolsHonorOrder HttpProtocolOptions RegisterHttpMethod ' +
    'MergeSlashes',
  http: 'KeepAliveTimeout MaxKeepAliveRequests KeepAlive',
  mod_access_compat: 'Order Allow Deny Satisfy',
  mod_actions: 'Action Script',
  mod_alias:
    'Alias ScriptAlias Redirect AliasMatch ScriptAliasMatch RedirectMatch RedirectTemp ' +
    'RedirectPermanent RedirectRelative AliasPreservePath',
  mod_allowmethods: 'AllowMethods',
  mod_auth_basic: 'AuthBasicProvider AuthBasicAuthoritative AuthBasicFake AuthBasicUseDigestAlgorithm',
  mod_auth_digest:
    'AuthDigestProvider AuthDigestQop AuthDigestNonceLifetime AuthDigestNcCheck AuthDigestAlgorithm ' +
    'AuthDigestDomain AuthDigestShmemSize',
  mod_auth_form:
    'AuthFormProvider AuthFormUsername AuthFormPassword AuthFormLocation AuthFormMethod ' +
    'AuthFormMimetype AuthFormBody AuthFormSize AuthFormLoginRequiredLocation ' +
    'AuthFormLoginSuccessLocation AuthFormLogoutLocation AuthFormSitePassphrase AuthFormAuthoritative ' +
    'AuthFormFakeBasicAuth AuthFormDisableNoStore',
  mod_authn_anon:
    'Anonymous Anonymous_MustGiveEmail Anonymous_NoUserId Anonymous_VerifyEmail Anonymous_LogEmail',
  mod_authn_core: 'AuthType AuthName <AuthnProviderAlias',
  mod_authn_dbd: 'AuthDBDUserPWQuery AuthDBDUserRealmQuery',
  mod_authn_dbm: 'AuthDBMUserFile AuthDBMType',
  mod_authn_file: 'AuthUserFile',
  mod_authn_socache:
    'AuthnCacheSOCache AuthnCacheEnable AuthnCacheProvideFor AuthnCacheTimeout AuthnCacheContext',
  mod_authnz_fcgi: 'AuthnzFcgiDefineProvider AuthnzFcgiCheckAuthnProvider',
  mod_authnz_ldap:
    'AuthLDAPURL AuthLDAPBindDN AuthLDAPBindPassword AuthLDAPBindAuthoritative AuthLDAPRemoteUserIsDN ' +
    'AuthLDAPRemoteUserAttribute AuthLDAPCompareDNOnServer AuthLDAPSubGroupAttribute ' +
    'AuthLDAPSubGroupClass AuthLDAPMaxSubGroupDepth AuthLDAPGroupAttribute AuthLDAPGroupAttributeIsDN ' +
    'AuthLDAPDereferenceAliases AuthLDAPCharsetConfig AuthLDAPAuthorizePrefix AuthLDAPInitialBindAsUser ' +
    'AuthLDAPInitialBindPattern AuthLDAPSearchAsUser AuthLDAPCompareAsUser',
  mod_authz_core:
    '<AuthzProviderAlias Require <RequireAll <RequireAny <RequireNone AuthMerging ' +
    'AuthzSendForbiddenOnFailure',
  mod_authz_dbd: 'AuthzDBDLoginToReferer AuthzDBDQuery AuthzDBDRedirectQuery',
  mod_authz_dbm: 'AuthDBMGroupFile AuthzDBMType',
  mod_authz_groupfile: 'AuthGroupFile',
  mod_autoindex:
    'AddIcon AddIconByType AddIconByEncoding AddAlt AddAltByType AddAltByEncoding IndexOptions ' +
    'IndexOrderDefault IndexIgnore IndexIgnoreReset AddDescription HeaderName ReadmeName FancyIndexing ' +
    'DefaultIcon IndexStyleSheet IndexHeadInsert',
  mod_brotli:
    'BrotliFilterNote BrotliCompressionQuality BrotliCompressionWindow BrotliCompressionMaxInputBlock ' +
    'BrotliAlterETag',
  mod_buffer: 'BufferSize',
  mod_cache:
    'CacheEnable CacheDisable CacheMaxExpire CacheMinExpire CacheDefaultExpire CacheQuickHandler ' +
    'CacheIgnoreNoLastMod CacheIgnoreCacheControl CacheStoreExpired CacheStorePrivate CacheStoreNoStore ' +
    'CacheIgnoreHeaders CacheIgnoreQueryString CacheIgnoreURLSessionIdentifiers CacheLastModifiedFactor ' +
    'CacheLock CacheLockPath CacheLockMaxAge CacheHeader CacheDetailHeader CacheKeyBaseURL ' +
    'CacheStaleOnError',
  mod_cache_disk:
    'CacheRoot CacheDirLevels CacheDirLength CacheMinFileSize CacheMaxFileSize CacheReadSize ' +
    'CacheReadTime',
  mod_cache_socache:
    'CacheSocache CacheSocacheMaxTime CacheSocacheMinTime CacheSocacheMaxSize CacheSocacheReadSize ' +
    'CacheSocacheReadTime',
  mod_case_filter: 'CaseFilter',
  mod_case_filter_in: 'CaseFilterIn',
  mod_cern_meta: 'MetaFiles MetaDir MetaSuffix',
  mod_cgi: 'ScriptLog ScriptLogLength ScriptLogBuffer CGIScriptTimeout',
  mod_cgid: 'ScriptLog ScriptLogLength ScriptLogBuffer ScriptSock CGIDScriptTimeout',
  mod_charset_lite: 'CharsetSourceEnc CharsetDefault CharsetOptions',
  mod_dav: 'DAV DAVBasePath DAVMinTimeout DAVDepthInfinity DAVLockDiscovery',
  mod_dav_fs: 'DAVLockDB',
  mod_dav_lock: 'DAVGenericLockDB',
  mod_dbd: 'DBDriver DBDParams DBDPersist DBDPrepareSQL DBDInitSQL DBDMin DBDKeep DBDMax DBDExptime',
  mod_deflate:
    'DeflateFilterNote DeflateWindowSize DeflateBufferSize DeflateMemLevel DeflateCompressionLevel ' +
    'DeflateInflateLimitRequestBody DeflateInflateRatioLimit DeflateInflateRatioBurst DeflateAlterEtag',
  mod_dialup: 'ModemStandard',
  mod_dir: 'FallbackResource DirectoryIndex DirectorySlash DirectoryCheckHandler DirectoryIndexRedirect',
  mod_dumpio: 'DumpIOInput DumpIOOutput',
  mod_echo: 'ProtocolEcho',
  mod_env: 'PassEnv SetEnv UnsetEnv',
  mod_expires: 'ExpiresActive ExpiresByType ExpiresDefault',
  mod_ext_filter: 'ExtFilterOptions ExtFilterDefine',
  mod_file_cache: 'CacheFile MMapFile',
  mod_filter: 'FilterDeclare FilterProvider FilterChain FilterTrace AddOutputFilterByType FilterProtocol',
  mod_headers: 'Header RequestHeader',
  mod_heartbeat: 'HeartbeatAddress',
  mod_heartmonitor: 'HeartbeatListen HeartbeatStorage HeartbeatMaxServers',
  mod_http2:
    'H2MaxSessionStreams H2WindowSize H2MinWorkers H2MaxWorkers H2MaxWorkerIdleSeconds ' +
    'H2StreamMaxMemSize H2SerializeHeaders H2ModernTLSOnly H2Upgrade H2Direct H2SessionExtraFiles ' +
    'H2TLSWarmUpSize H2TLSCoolDownSecs H2Push H2PushPriority H2PushDiarySize H2CopyFiles H2PushResource ' +
    'H2EarlyHints H2Padding H2OutputBuffering H2StreamTimeout H2MaxDataFrameLen H2MaxHeaderBlockLen ' +
    'H2MaxStreamErrors H2EarlyHint H2ProxyRequests H2WebSockets',
  mod_ident: 'IdentityCheck IdentityCheckTimeout',
  mod_imagemap: 'ImapMenu ImapDefault ImapBase',
  mod_include:
    'XBitHack SSIErrorMsg SSITimeFormat SSIStartTag SSIEndTag SSIUndefinedEcho SSILegacyExprParser ' +
    'SSILastModified SSIEtag',
  mod_info: 'AddModuleInfo',
  mod_isapi:
    'ISAPIReadAheadBuffer ISAPILogNotSupported ISAPIAppendLogToErrors ISAPIAppendLogToQuery ' +
    'ISAPIFakeAsync ISAPICacheFile',
  mod_lbmethod_heartbeat: 'HeartbeatStorage',
  mod_ldap:
    'LDAPSharedCacheSize LDAPSharedCacheFile LDAPCacheEntries LDAPCacheTTL LDAPOpCacheEntries ' +
    'LDAPOpCacheTTL LDAPTrustedGlobalCert LDAPTrustedClientCert LDAPTrustedMode LDAPVerifyServerCert ' +
    'LDAPConnectionTimeout LDAPReferrals LDAPReferralHopLimit LDAPLibraryDebug LDAPTimeout ' +
    'LDAPConnectionPoolTTL LDAPRetries LDAPRetryDelay',
  mod_log_config: 'CustomLog GlobalLog TransferLog LogFormat BufferedLogs',
  mod_log_debug: 'LogMessage',
  mod_log_forensic: 'ForensicLog',
  mod_logio: 'LogIOTrackTTFB',
  mod_lua:
    'LuaRoot LuaPackagePath LuaPackageCPath LuaAuthzProvider LuaHookPreTranslateName ' +
    '<LuaHookPreTranslateName LuaHookTranslateName <LuaHookTranslateName LuaHookFixups <LuaHookFixups ' +
    'LuaHookMapToStorage <LuaHookMapToStorage LuaHookCheckUserID <LuaHookCheckUserID LuaHookTypeChecker ' +
    '<LuaHookTypeChecker LuaHookAccessChecker <LuaHookAccessChecker LuaHookAuthChecker ' +
    '<LuaHookAuthChecker LuaHookInsertFilter LuaHookLog LuaScope LuaInherit LuaCodeCache ' +
    'LuaQuickHandler <LuaQuickHandler LuaMapHandler LuaOutputFilter LuaInputFilter',
  mod_macro: '<Macro Use UndefMacro MacroIgnoreEmptyArgs MacroIgnoreBadNesting',
  mod_md:
    'MDCertificateAuthority MDCertificateAgreement MDCAChallenges MDCertificateProtocol MDContactEmail ' +
    'MDDriveMode MDRenewMode MDomain <MDomainSet <MDomain MDMember MDMembers MDMustStaple MDPortMap ' +
    'MDPrivateKeys MDHttpProxy MDStoreDir MDRenewWindow MDRequireHttps MDNotifyCmd MDBaseServer ' +
    'MDChallengeDns01 MDChallengeDns01Version MDCertificateFile MDCertificateKeyFile MDServerStatus ' +
    'MDCertificateStatus MDWarnWindow MDMessageCmd MDStapling MDStapleOthers MDStaplingKeepResponse ' +
    'MDStaplingRenewWindow MDCertificateCheck MDActivationDelay MDCACertificateFile ' +
    'MDHttpProxyCACertificateFile MDExternalAccountBinding MDRetryDelay MDRetryFailover MDStoreLocks ' +
    'MDMatchNames MDInitialDelay MDCheckInterval MDProfile MDProfileMandatory MDRenewViaARI',
  mod_mime:
    'AddCharset AddEncoding AddHandler AddInputFilter AddLanguage AddOutputFilter AddType ' +
    'DefaultLanguage MultiviewsMatch RemoveCharset RemoveEncoding RemoveHandler RemoveInputFilter ' +
    'RemoveLanguage RemoveOutputFilter RemoveType TypesConfig ModMimeUsePathInfo',
  mod_mime_magic: 'MimeMagicFile',
  mod_negotiation: 'CacheNegotiatedDocs LanguagePriority ForceLanguagePriority',
  mod_privileges:
    'VHostUser VHostGroup VHostSecure VHostPrivs VHostCGIMode VHostCGIPrivs DTracePrivileges ' +
    'PrivilegesMode',
  mod_proxy:
    '<Proxy <ProxyMatch ProxyRequests ProxyRemote ProxyRemoteMatch ProxyPassInterpolateEnv ProxyPass ' +
    'ProxyPassMatch ProxyPassReverse ProxyPassReverseCookiePath ProxyPassReverseCookieDomain ProxyBlock ' +
    'ProxyReceiveBufferSize ProxyIOBufferSize ProxyMaxForwards NoProxy ProxyDomain ProxyVia ' +
    'ProxyErrorOverride ProxyPreserveHost ProxyTimeout ProxyBadHeader BalancerMember BalancerGrowth ' +
    'BalancerPersist BalancerInherit ProxyPassInherit ProxyStatus ProxySet ProxySourceAddress ' +
    'ProxyAddHeaders Proxy100Continue',
  mod_proxy_connect: 'AllowCONNECT',
  mod_proxy_express: 'ProxyExpressEnable ProxyExpressDBMFile ProxyExpressDBMType',
  mod_proxy_fcgi: 'ProxyFCGIBackendType ProxyFCGISetEnvIf',
  mod_proxy_ftp: 'ProxyFtpListOnWildcard ProxyFtpEscapeWildcards ProxyFtpDirCharset',
  mod_proxy_hcheck: 'ProxyHCTemplate ProxyHCExpr ProxyHCTPsize',
  mod_proxy_html:
    'ProxyHTMLEvents ProxyHTMLLinks ProxyHTMLURLMap ProxyHTMLDoctype ProxyHTMLFixups ProxyHTMLMeta ' +
    'ProxyHTMLInterp ProxyHTMLExtended ProxyHTMLStripComments ProxyHTMLBufSize ProxyHTMLCharsetOut ' +
    'ProxyHTMLEnable',
  mod_proxy_scgi: 'ProxySCGISendfile ProxySCGIInternalRedirect',
  mod_proxy_wstunnel: 'ProxyWebsocketFallbackToProxyHttp',
  mod_reflector: 'ReflectorHeader',
  mod_remoteip:
    'RemoteIPHeader RemoteIPProxiesHeader RemoteIPTrustedProxy RemoteIPInternalProxy ' +
    'RemoteIPTrustedProxyList RemoteIPInternalProxyList RemoteIPProxyProtocol ' +
    'RemoteIPProxyProtocolExceptions',
  mod_reqtimeout: 'RequestReadTimeout',
  mod_request: 'KeptBodySize',
  mod_rewrite: 'RewriteEngine RewriteOptions RewriteBase RewriteCond RewriteRule RewriteMap',
  mod_sed: 'OutputSed InputSed',
  mod_session:
    'Session SessionMaxAge SessionHeader SessionEnv SessionInclude SessionExclude ' +
    'SessionExpiryUpdateInterval',
  mod_session_cookie: 'SessionCookieName SessionCookieName2 SessionCookieRemove',
  mod_session_crypto:
    'SessionCryptoPassphrase SessionCryptoPassphraseFile SessionCryptoCipher SessionCryptoDriver',
  mod_session_dbd:
    'SessionDBDSelectLabel SessionDBDInsertLabel SessionDBDUpdateLabel SessionDBDDeleteLabel ' +
    'SessionDBDPerUser SessionDBDCookieRemove SessionDBDCookieName SessionDBDCookieName2',
  mod_setenvif: 'SetEnvIf SetEnvIfNoCase SetEnvIfExpr BrowserMatch BrowserMatchNoCase',
  mod_so: 'LoadModule LoadFile',
  mod_socache_memcache: 'MemcacheConnTTL',
  mod_socache_redis: 'RedisConnPoolTTL RedisTimeout',
  mod_speling: 'CheckSpelling CheckCaseOnly CheckBasenameMatch',
  mod_ssl:
    'SSLPassPhraseDialog SSLSessionCache SSLCryptoDevice SSLRandomSeed SSLVHostSNIPolicy SSLEngine ' +
    'SSLFIPS SSLCipherSuite SSLCertificateFile SSLCertificateKeyFile SSLCertificateChainFile ' +
    'SSLSessionTicketKeyFile SSLCACertificatePath SSLCACertificateFile SSLCADNRequestPath ' +
    'SSLCADNRequestFile SSLCARevocationPath SSLCARevocationFile SSLCARevocationCheck SSLVerifyClient ' +
    'SSLVerifyDepth SSLSessionCacheTimeout SSLProtocol SSLHonorCipherOrder SSLCompression ' +
    'SSLSessionTickets SSLInsecureRenegotiation SSLUserName SSLStrictSNIVHostCheck SSLSRPVerifierFile ' +
    'SSLSRPUnknownUserSeed SSLProxyEngine SSLProxyProtocol SSLProxyCipherSuite SSLProxyVerify ' +
    'SSLProxyVerifyDepth SSLProxyCACertificateFile SSLProxyCACertificatePath SSLProxyCARevocationPath ' +
    'SSLProxyCARevocationFile SSLProxyCARevocationCheck SSLProxyMachineCertificateFile ' +
    'SSLProxyMachineCertificatePath SSLProxyMachineCertificateChainFile SSLProxyCheckPeerExpire ' +
    'SSLProxyCheckPeerCN SSLProxyCheckPeerName SSLOptions SSLRequireSSL SSLRequire SSLRenegBufferSize ' +
    'SSLOCSPEnable SSLOCSPDefaultResponder SSLOCSPOverrideResponder SSLOCSPResponseTimeSkew ' +
    'SSLOCSPResponseMaxAge SSLOCSPResponderTimeout SSLOCSPUseRequestNonce SSLOCSPProxyURL ' +
    'SSLOCSPNoVerify SSLOCSPResponderCertificateFile SSLStaplingCache SSLUseStapling ' +
    'SSLStaplingResponseTimeSkew SSLStaplingResponderTimeout SSLStaplingResponseMaxAge ' +
    'SSLStaplingStandardCacheTimeout SSLStaplingReturnResponderErrors SSLStaplingFakeTryLater ' +
    'SSLStaplingErrorCacheTimeout SSLStaplingForceURL SSLOpenSSLConfCmd SSLLog SSLLogLevel',
  mod_substitute: 'Substitute SubstituteMaxLineLength SubstituteInheritBefore',
  mod_suexec: 'SuexecUserGroup',
  mod_systemd: 'IdleShutdown',
  mod_tls:
    'TLSEngine TLSCertificate TLSCiphersPrefer TLSCiphersSuppress TLSHonorClientOrder TLSOptions ' +
    'TLSProtocol TLSProxyCA TLSProxyCiphersPrefer TLSProxyCiphersSuppress TLSProxyEngine ' +
    'TLSProxyMachineCertificate TLSProxyProtocol TLSSessionCache TLSStrictSNI',
  mod_unixd: 'User Group ChrootDir Suexec',
  mod_userdir: 'UserDir',
  mod_usertrack:
    'CookieExpires CookieDomain CookieStyle CookieTracking CookieName CookieSameSite CookieSecure ' +
    'CookieHttpOnly',
  mod_version: '<IfVersion',
  mod_vhost_alias: 'VirtualScriptAlias VirtualDocumentRoot VirtualScriptAliasIP VirtualDocumentRootIP',
  mod_watchdog: 'WatchdogInterval',
  mod_xml2enc: 'xml2EncDefault xml2EncAlias xml2StartParse',
  mpm:
    'ListenBacklog ListenCoresBucketsRatio Listen SendBufferSize ReceiveBufferSize ListenTCPDeferAccept ' +
    'StartServers ServerLimit MinSpareThreads MaxSpareThreads MaxClients MaxRequestWorkers ' +
    'ThreadsPerChild ThreadLimit AsyncRequestWorkerFactor GracefulShutdownTimeout MinSpareServers ' +
    'MaxSpareServers',
};

export interface KnownWord {
  /** As httpd spells it, without `<`. */
  name: string;
  isSection: boolean;
  /** `mod_proxy`, `core`, `http`, `mpm`. */
  module: string;
}

const BY_NAME = new Map<string, KnownWord>();
for (const [module, words] of Object.entries(WORDS)) {
  for (const word of words.split(' ')) {
    const isSection = word.startsWith('<');
    const name = isSection ? word.slice(1) : word;
    // A word of several modules (ScriptLog) is told as the first one's.
    const key = word.toLowerCase();
    if (!BY_NAME.has(key)) BY_NAME.set(key, { name, isSection, module });
  }
}

/** What httpd knows of a word, in any case; sections are asked for with their `<`. */
export function knownWord(word: string): KnownWord | undefined {
  return BY_NAME.get(word.toLowerCase());
}

/** Every word of httpd, sections with `<`. */
export function knownWords(): readonly string[] {
  return [...BY_NAME.values()].map((word) => (word.isSection ? `<${word.name}` : word.name));
}

/** Words that a module has, sections with `<`. */
export function wordsOf(module: string): readonly string[] {
  return WORDS[module]?.split(' ') ?? [];
}
