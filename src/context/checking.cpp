#include "context/checking.hpp"

#include <fmt/format.h>

#include "context/content.hpp"
#include "ipld/unixfs/exporter.hpp"

namespace openmcp::context {

using base::Errc;

base::Task<void> VerifyingSource::check(std::vector<ipld::Cid> cids,
                                        const std::vector<std::optional<base::SharedBytes>>& found) {
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < cids.size(); ++i)
    if (found[i] && seen_.insert(cids[i])) fresh.push_back(i);
  if (fresh.empty()) co_return;
  auto work = [&] {
    for (auto i : fresh)
      if (auto ok = ipld::verify_block(cids[i], *found[i]); !ok)
        throw base::Error(ok.error().code(), fmt::format("block {}: {}", cids[i].text(), ok.error().message()));
  };
  co_await env_.run(std::move(work));
  for (auto i : fresh) bytes_ += found[i]->size();
}

base::Task<std::optional<base::SharedBytes>> VerifyingSource::retrieve(ipld::Cid cid) {
  std::vector<std::optional<base::SharedBytes>> found(1);
  found[0] = co_await below_.retrieve(cid);
  std::vector<ipld::Cid> cids(1, cid);
  co_await check(std::move(cids), found);
  co_return std::move(found[0]);
}

base::Task<std::vector<std::optional<base::SharedBytes>>> VerifyingSource::retrieve_many(std::vector<ipld::Cid> cids) {
  auto found = co_await below_.retrieve_many(cids);
  co_await check(std::move(cids), found);
  co_return found;
}

base::Task<ContentCheck::Facts> ContentCheck::read(ipld::Cid cid) {
  if (auto found = known_.find(cid); found != known_.end()) co_return found->second;
  if (cid.codec() != ipld::Codec::raw && cid.codec() != ipld::Codec::dag_pb)
    throw base::Error(Errc::corrupt, fmt::format("content {} is neither raw nor UnixFS", cid.text()));
  Facts facts;
  auto stat = co_await ipld::unixfs::stat(source_, cid);
  if (ipld::unixfs::is_directory(stat.type)) {
    facts.size = co_await directory_size(env_, source_, cid);
    facts.hash = co_await root_hash(source_, cid);
  } else {
    auto hashed = co_await hash_content(env_, source_, cid);
    facts.size = hashed.size;
    facts.hash = hashed.hash;
  }
  known_.emplace(cid, facts);
  co_return facts;
}

base::Task<void> ContentCheck::check(const Manifest& manifest) {
  if (!manifest.content) co_return;
  auto facts = co_await read(*manifest.content);
  if (facts.size != manifest.size)
    throw base::Error(Errc::corrupt, fmt::format("content {} has {} bytes, its manifest says {}",
                                                 manifest.content->text(), facts.size, manifest.size));
  if (facts.hash != manifest.content_hash)
    throw base::Error(Errc::corrupt,
                      fmt::format("content {} has another hash than its manifest says", manifest.content->text()));
}

}  // namespace openmcp::context
