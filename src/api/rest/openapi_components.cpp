// The shapes of the OpenAPI document (JSON Schema 2020-12).
#include "api/rest/openapi.hpp"

namespace openmcp::api::rest {

namespace {

constexpr std::string_view kSchemas = R"json({
"Id":{"type":"string","format":"uuid"},
"Cid":{"type":"string","minLength":1,"description":"A CID in text form."},
"Time":{"type":"string","format":"date-time"},
"NaiveTime":{"type":"string","pattern":"^[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}$","description":"UTC, as the original writes it."},
"Relation":{"type":"object","required":["kind","id"],"properties":{"kind":{"type":"string","minLength":1,"maxLength":128},"id":{"$ref":"#/components/schemas/Id"}}},
"Context":{"type":"object","required":["type","context_metadata","id","content_hash","created_at","updated_at","metadata","version","title","tags","relations","heads","versions","number","size","created","changed"],"properties":{
 "type":{"type":"string"},"context_metadata":{"type":["object","null"]},"id":{"$ref":"#/components/schemas/Id"},
 "content":{"type":["string","null"]},"content_omitted":{"type":"string","description":"Why content is null."},
 "content_hash":{"type":"string","pattern":"^[0-9a-f]{64}$","description":"SHA-256 of the content."},
 "created_at":{"$ref":"#/components/schemas/NaiveTime"},"updated_at":{"$ref":"#/components/schemas/NaiveTime"},
 "metadata":{"type":"object"},"version":{"$ref":"#/components/schemas/Cid"},"cid":{"$ref":"#/components/schemas/Cid"},
 "title":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},
 "relations":{"type":"array","items":{"$ref":"#/components/schemas/Relation"}},
 "incoming":{"type":"array","items":{"$ref":"#/components/schemas/Relation"},"description":"Relations of other contexts that point here."},
 "author":{"type":"string"},"message":{"type":"string"},"source":{"type":"string"},
 "heads":{"type":"array","items":{"$ref":"#/components/schemas/Cid"}},"versions":{"type":"integer"},"number":{"type":"integer"},
 "size":{"type":"integer"},"media_type":{"type":"string"},"attestation":{"$ref":"#/components/schemas/Cid"},
 "proof":{"enum":["valid","invalid","missing"]},"signed_by":{"type":"string"},
 "created":{"$ref":"#/components/schemas/Time"},"changed":{"$ref":"#/components/schemas/Time"}}},
"ContextArray":{"type":"array","items":{"$ref":"#/components/schemas/Context"}},
"ContextSummary":{"type":"object","required":["id","version","cid","type","title","tags","created","changed","size","versions","heads"],"properties":{
 "id":{"$ref":"#/components/schemas/Id"},"version":{"$ref":"#/components/schemas/Cid"},"cid":{"$ref":"#/components/schemas/Cid"},
 "type":{"type":"string"},"title":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"author":{"type":"string"},
 "source":{"type":"string"},"created":{"$ref":"#/components/schemas/Time"},"changed":{"$ref":"#/components/schemas/Time"},
 "size":{"type":"integer"},"versions":{"type":"integer"},"heads":{"type":"integer"}}},
"ContextPage":{"type":"object","required":["contexts","next"],"properties":{"contexts":{"type":"array","items":{"$ref":"#/components/schemas/ContextSummary"}},"next":{"type":"string","description":"Cursor of the next page; empty at the end."}}},
"ContextList":{"anyOf":[{"$ref":"#/components/schemas/ContextArray"},{"$ref":"#/components/schemas/ContextPage"}],"description":"Without a query string the original's array of everything, with one a page."},
"NewContext":{"type":"object","required":["type","content"],"properties":{
 "type":{"type":"string","minLength":1,"maxLength":128,"examples":["code","documentation","conversation","decision","other"]},
 "content":{"type":"string"},"context_metadata":{"type":["object","null"]},"metadata":{"type":["object","null"]},
 "title":{"type":["string","null"],"maxLength":4096},"tags":{"type":["array","null"],"maxItems":1024,"items":{"type":"string","minLength":1,"maxLength":256}},
 "relations":{"type":["array","null"],"maxItems":1024,"items":{"$ref":"#/components/schemas/Relation"}},
 "author":{"type":["string","null"],"minLength":1,"maxLength":256},"message":{"type":["string","null"],"maxLength":16384},
 "media_type":{"type":["string","null"],"maxLength":255},"source":{"type":["string","null"],"minLength":1,"maxLength":4096},
 "id":{"type":["string","null"],"format":"uuid","description":"An existing context: this is its next version."},
 "expected_parents":{"type":["array","null"],"maxItems":64,"items":{"$ref":"#/components/schemas/Cid"}}}},
"ContextUpdate":{"type":"object","required":["content"],"properties":{
 "type":{"type":["string","null"],"minLength":1,"maxLength":128},"content":{"type":"string"},
 "context_metadata":{"type":["object","null"]},"metadata":{"type":["object","null"]},"title":{"type":["string","null"],"maxLength":4096},
 "tags":{"type":["array","null"],"maxItems":1024,"items":{"type":"string","minLength":1,"maxLength":256}},
 "relations":{"type":["array","null"],"maxItems":1024,"items":{"$ref":"#/components/schemas/Relation"}},
 "author":{"type":["string","null"],"minLength":1,"maxLength":256},"message":{"type":["string","null"],"maxLength":16384},
 "media_type":{"type":["string","null"],"maxLength":255},
 "expected_parents":{"type":["array","null"],"maxItems":64,"items":{"$ref":"#/components/schemas/Cid"}}}},
"ContextEdit":{"type":"object","properties":{
 "title":{"type":["string","null"],"maxLength":4096},"type":{"type":["string","null"],"minLength":1,"maxLength":128},"metadata":{"type":["object","null"]},
 "add_tags":{"type":["array","null"],"items":{"type":"string","minLength":1,"maxLength":256}},"remove_tags":{"type":["array","null"],"items":{"type":"string","minLength":1,"maxLength":256}},
 "add_relations":{"type":["array","null"],"items":{"$ref":"#/components/schemas/Relation"}},"remove_relations":{"type":["array","null"],"items":{"$ref":"#/components/schemas/Relation"}},
 "author":{"type":["string","null"],"minLength":1,"maxLength":256},"message":{"type":["string","null"],"maxLength":16384},
 "expected_parents":{"type":["array","null"],"maxItems":64,"items":{"$ref":"#/components/schemas/Cid"}}}},
"RestoreRequest":{"type":"object","required":["version"],"properties":{"version":{"type":"string","pattern":"^(v?[0-9]{1,18}|[0-9A-Za-z]{8,128})$","examples":["v1"]},"message":{"type":["string","null"],"maxLength":16384},"author":{"type":["string","null"],"minLength":1,"maxLength":256}}},
"MergeRequest":{"type":"object","properties":{"prefer":{"type":["string","null"],"description":"CID of the head whose side wins."},"message":{"type":["string","null"],"maxLength":16384},"author":{"type":["string","null"],"minLength":1,"maxLength":256},"content":{"type":["string","null"]}}},
"CommitResult":{"type":"object","required":["id","version","cid","number","created","unchanged"],"properties":{
 "id":{"$ref":"#/components/schemas/Id"},"version":{"$ref":"#/components/schemas/Cid"},"cid":{"$ref":"#/components/schemas/Cid"},
 "attestation":{"$ref":"#/components/schemas/Cid"},"number":{"type":"integer"},"size":{"type":"integer"},"type":{"type":"string"},
 "title":{"type":"string"},"created":{"type":"boolean"},"unchanged":{"type":"boolean"},"conflicts":{"type":"array","items":{"type":"string"}},
 "skipped":{"type":"array","items":{"type":"object"}}}},
"Deleted":{"type":"object","required":["message"],"properties":{"message":{"const":"Context deleted successfully"}}},
"Version":{"type":"object","required":["version","number","head","type","title","size","content_hash","tags","metadata","relations","author","time","message","parents","proof"],"properties":{
 "version":{"$ref":"#/components/schemas/Cid"},"number":{"type":"integer"},"head":{"type":"boolean"},"cid":{"$ref":"#/components/schemas/Cid"},
 "type":{"type":"string"},"title":{"type":"string"},"media_type":{"type":"string"},"size":{"type":"integer"},"content_hash":{"type":"string"},
 "tags":{"type":"array","items":{"type":"string"}},"metadata":{"type":"object"},"relations":{"type":"array","items":{"$ref":"#/components/schemas/Relation"}},
 "author":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"type":"string"}}},"time":{"$ref":"#/components/schemas/Time"},
 "message":{"type":"string"},"source":{"type":"string"},"parents":{"type":"array","items":{"$ref":"#/components/schemas/Cid"}},
 "attestation":{"type":["string","null"]},"proof":{"enum":["valid","invalid","missing"]},"signed_by":{"type":"string"}}},
"VersionList":{"type":"object","required":["versions"],"properties":{"versions":{"type":"array","items":{"$ref":"#/components/schemas/Version"}}}},
"VersionWithContent":{"allOf":[{"$ref":"#/components/schemas/Version"},{"type":"object","required":["content"],"properties":{"content":{"type":["string","null"]},"content_omitted":{"type":"string"}}}]},
"Diff":{"type":"object","required":["before","after","content_equal","binary","why_binary","fields","hunks"],"properties":{
 "before":{"$ref":"#/components/schemas/Version"},"after":{"$ref":"#/components/schemas/Version"},"content_equal":{"type":"boolean"},
 "binary":{"type":"boolean"},"why_binary":{"type":"string"},"coarse":{"type":"boolean"},"added":{"type":"integer"},"removed":{"type":"integer"},"fields":{"type":"object"},
 "hunks":{"type":"array","items":{"type":"object","required":["before_start","after_start","lines"],"properties":{"before_start":{"type":"integer"},"after_start":{"type":"integer"},
  "lines":{"type":"array","items":{"type":"object","required":["op","text"],"properties":{"op":{"enum":[" ","-","+"]},"text":{"type":"string"},"no_newline":{"type":"boolean"}}}}}}}}},
"Graph":{"type":"object","required":["nodes","edges"],"properties":{
 "nodes":{"type":"array","maxItems":200,"items":{"type":"object","required":["id","title","type"],"properties":{"id":{"$ref":"#/components/schemas/Id"},"title":{"type":"string"},"type":{"type":"string"}}}},
 "edges":{"type":"array","items":{"type":"object","required":["from","to","kind"],"properties":{"from":{"$ref":"#/components/schemas/Id"},"to":{"$ref":"#/components/schemas/Id"},"kind":{"type":"string"}}}},
 "more":{"type":"boolean"}}},
"Hit":{"type":"object","required":["id","version","type","title","score","snippet"],"properties":{
 "id":{"$ref":"#/components/schemas/Id"},"version":{"$ref":"#/components/schemas/Cid"},"type":{"type":"string"},"title":{"type":"string"},"author":{"type":"string"},
 "tags":{"type":"array","items":{"type":"string"}},"time":{"$ref":"#/components/schemas/Time"},"score":{"type":["number","null"]},"snippet":{"type":"string"},
 "highlights":{"type":"array","items":{"type":"array","items":{"type":"integer"}}},"passage":{"type":"integer"},"passages":{"type":"integer"},"explain":{"type":"object"}}},
"SearchResult":{"type":"object","required":["contexts","next","total","more","notes"],"properties":{"contexts":{"type":"array","items":{"$ref":"#/components/schemas/Hit"}},"next":{"type":"string"},"total":{"type":"integer"},"more":{"type":"boolean"},"notes":{"type":"array","items":{"type":"string"}}}},
"BuildRequest":{"type":"object","properties":{"query":{"type":["string","null"],"maxLength":8192},"budget_tokens":{"type":["integer","null"],"minimum":200,"maximum":200000,"default":4000},
 "also":{"type":["array","null"],"maxItems":100,"items":{"$ref":"#/components/schemas/Id"}},"types":{"type":["array","null"],"maxItems":64,"items":{"type":"string","minLength":1,"maxLength":128}},
 "tags":{"type":["array","null"],"maxItems":64,"items":{"type":"string","minLength":1,"maxLength":256}},"related":{"type":["integer","null"],"minimum":0,"maximum":3},"limit":{"type":["integer","null"],"minimum":1,"maximum":100}}},
"Built":{"type":"object","required":["text","tokens","parts","left_out","notes"],"properties":{"text":{"type":"string"},"tokens":{"type":"integer"},
 "parts":{"type":"array","items":{"type":"object","required":["id","version","cid","title","whole","tokens"]}},
 "left_out":{"type":"array","items":{"type":"object","required":["id","title","why","tokens"]}},"notes":{"type":"array","items":{"type":"string"}}}},
"BulkRequest":{"type":"object","required":["operations"],"properties":{"operations":{"type":"array","maxItems":1000,"items":{"description":"{op: commit, ...} as NewContext; {op: edit, id, ...} as ContextEdit; {op: forget, id}. What is wrong with one is in its result."}}}},
"BulkResult":{"type":"object","required":["results"],"properties":{"results":{"type":"array","items":{"type":"object","required":["ok"],"properties":{"ok":{"type":"boolean"},"error":{"type":"object"}}}}}},
"TagList":{"type":"object","required":["tags"],"properties":{"tags":{"type":"array","items":{"type":"object","required":["tag","contexts"],"properties":{"tag":{"type":"string"},"contexts":{"type":"integer"}}}}}},
"VerifyReport":{"type":"object","required":["findings","versions","blocks","ok"],"properties":{"findings":{"type":"array","items":{"type":"object","required":["what","where","problem"]}},"versions":{"type":"integer"},"blocks":{"type":"integer"},"bytes":{"type":"integer"},"ok":{"type":"boolean"}}},
"RpcRequest":{"type":"object","required":["method"],"properties":{"jsonrpc":{"type":"string","default":"2.0"},"method":{"type":"string","examples":["commit_context","get_context","process_context","mcp_commitContext","mcp_getContext","mcp_processContext"]},"params":{"type":["object","null"]},"id":{"type":["string","integer","null"]}}},
"RpcResponse":{"type":"object","required":["jsonrpc","id"],"properties":{"jsonrpc":{"const":"2.0"},"id":{"type":["string","integer","null"]},"result":{"type":"object"},"error":{"type":"object","required":["code","message"],"properties":{"code":{"type":"integer"},"message":{"type":"string"},"data":{}}}}},
"Status":{"type":"object","required":["version","uptime_seconds","workspace","contexts","versions","by_type"],"properties":{"version":{"type":"string"},"uptime_seconds":{"type":"number"},"workspace":{"type":"string"},"contexts":{"type":"integer"},"versions":{"type":"integer"},"by_type":{"type":"object"}}},
"Health":{"type":"object","required":["ready","checks"],"properties":{"ready":{"type":"boolean"},"checks":{"type":"array","items":{"type":"object","required":["name","ok","detail"]}}}},
"SessionRequest":{"type":"object","additionalProperties":false,"required":["token"],"properties":{"token":{"type":"string"}}},
"Session":{"type":"object","required":["name","role","csrf","expires"],"properties":{"name":{"type":"string"},"role":{"type":"string"},"csrf":{"type":"string"},"expires":{"type":["string","null"]}}},
"Token":{"type":"object","required":["id","name","role"],"properties":{"id":{"type":"string"},"name":{"type":"string"},"role":{"enum":["none","reader","writer","admin"]},"workspace":{"type":"string"},"created":{"type":["string","null"]},"expires":{"type":["string","null"]},"revoked":{"type":["string","null"]},"used":{"type":["string","null"]}}},
"TokenList":{"type":"object","required":["tokens"],"properties":{"tokens":{"type":"array","items":{"$ref":"#/components/schemas/Token"}}}},
"TokenRequest":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","minLength":1},"role":{"enum":["reader","writer","admin"]},"workspace":{"type":"string"},"expires_in_seconds":{"type":["integer","null"],"minimum":1}}},
"NewToken":{"type":"object","required":["token","secret"],"properties":{"token":{"$ref":"#/components/schemas/Token"},"secret":{"type":"string"}}},
"AuditPage":{"type":"object","required":["lines","next"],"properties":{"lines":{"type":"array","items":{"type":"object","required":["seq","time","who","action","hash"]}},"next":{"type":"integer"}}},
"AuditCheck":{"type":"object","required":["ok","lines","head","bad_line","problem"],"properties":{"ok":{"type":"boolean"},"lines":{"type":"integer"},"head":{"type":"string"},"bad_line":{"type":"integer"},"problem":{"type":"string"}}},
"OpenApi":{"type":"object","required":["openapi","info","paths"]},
"Invalid":{"type":"object","required":["type","loc","msg","input"],"properties":{"type":{"type":"string"},"loc":{"type":"array"},"msg":{"type":"string"},"input":{},"ctx":{"type":"object"}}},
"Detail":{"type":"object","required":["detail"],"properties":{"detail":{"anyOf":[{"type":"string"},{"type":"array","items":{"$ref":"#/components/schemas/Invalid"}}]}},"description":"An error in the original's form."},
"Problem":{"type":"object","required":["type","title","status","detail","code"],"properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"hint":{"type":"string"},"code":{"type":"string"},"request_id":{"type":"string"},"errors":{"type":"array"},"heads":{"type":"array"}},"description":"RFC 9457."}
})json";

constexpr std::string_view kParameters = R"json({
"id":{"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/Id"}},
"token_id":{"name":"id","in":"path","required":true,"schema":{"type":"string","minLength":1}},
"version":{"name":"version","in":"path","required":true,"schema":{"type":"string","pattern":"^(v?[0-9]{1,18}|[0-9A-Za-z]{8,128})$"},"description":"3, v3, or the CID of a manifest."},
"at_version":{"name":"version","in":"query","schema":{"type":"string","pattern":"^(|v?[0-9]{1,18}|[0-9A-Za-z]{8,128})$"},"description":"3, v3, or a CID; the latest when it is not given."},
"from":{"name":"from","in":"query","schema":{"type":"string","pattern":"^(|v?[0-9]{1,18}|[0-9A-Za-z]{8,128})$"},"description":"The version before `to` when it is not given."},
"to":{"name":"to","in":"query","schema":{"type":"string","pattern":"^(|v?[0-9]{1,18}|[0-9A-Za-z]{8,128})$"},"description":"The latest when it is not given."},
"content":{"name":"content","in":"query","schema":{"type":"boolean","default":true}},
"limit":{"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":1000,"default":50}},
"search_limit":{"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":100,"default":10}},
"cursor":{"name":"cursor","in":"query","schema":{"type":"string"},"description":"`next` of the page before."},
"type":{"name":"type","in":"query","schema":{"type":"array","items":{"type":"string"}},"description":"Any of these."},
"tag":{"name":"tag","in":"query","schema":{"type":"array","items":{"type":"string"}},"description":"All of these."},
"any_tag":{"name":"any_tag","in":"query","schema":{"type":"array","items":{"type":"string"}},"description":"Any of these."},
"author":{"name":"author","in":"query","schema":{"type":"string"}},
"authors":{"name":"author","in":"query","schema":{"type":"array","items":{"type":"string"}},"description":"Any of these."},
"since":{"name":"since","in":"query","schema":{"type":"string","pattern":"^(|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,8}(s|m|min|h|d|w))$"},"description":"A date, a time, or an age (3h, 2d)."},
"until":{"name":"until","in":"query","schema":{"type":"string","pattern":"^(|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,8}(s|m|min|h|d|w))$"},"description":"A date, a time, or an age."},
"source":{"name":"source","in":"query","schema":{"type":"string"},"description":"The beginning of a source path."},
"diverged":{"name":"diverged","in":"query","schema":{"type":"boolean"}},
"q":{"name":"q","in":"query","schema":{"type":"string"},"description":"Words, \"phrases\", -without."},
"explain":{"name":"explain","in":"query","schema":{"type":"boolean"}},
"passages":{"name":"passages","in":"query","schema":{"type":"boolean"},"description":"Every matching passage is a hit."},
"depth":{"name":"depth","in":"query","schema":{"type":"integer","minimum":1,"maximum":3,"default":1}},
"reason":{"name":"reason","in":"query","schema":{"type":"string"}},
"before":{"name":"before","in":"query","schema":{"type":"integer","minimum":0}},
"new_title":{"name":"title","in":"query","schema":{"type":"string","maxLength":4096}},
"new_type":{"name":"type","in":"query","schema":{"type":"string","maxLength":128}},
"new_tag":{"name":"tag","in":"query","schema":{"type":"array","items":{"type":"string","maxLength":256}}},
"if_match":{"name":"If-Match","in":"header","schema":{"type":"string"},"description":"The version that the change is made on: another one is 412."},
"if_none_match":{"name":"If-None-Match","in":"header","schema":{"type":"string"}},
"range":{"name":"Range","in":"header","schema":{"type":"string"}},
"last_event_id":{"name":"Last-Event-ID","in":"header","schema":{"type":"string"}},
"idempotency_key":{"name":"Idempotency-Key","in":"header","schema":{"type":"string","pattern":"^[!#-~]{1,255}$"},"description":"The same key again within 24 hours gives the first answer (header Idempotent-Replayed); with another body, query or If-Match 422, while the first is at work 409. Kept in memory, bounded: not across a restart. Not for contents that are sent as they are."}
})json";

}  // namespace

std::string_view openapi_schemas() noexcept { return kSchemas; }
std::string_view openapi_parameters() noexcept { return kParameters; }

}  // namespace openmcp::api::rest
