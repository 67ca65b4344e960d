// A workspace over a store, for one test; can be closed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "context/workspace.hpp"
#include "storage/local_store.hpp"
#include "storage/memory_store.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

namespace openmcp::context::test {

using openmcp::test::run;
using openmcp::test::TempDir;

enum class Kind { memory, local };

class WorkspaceFixture {
public:
  explicit WorkspaceFixture(Kind kind = Kind::memory, bool search = true) : kind_(kind), search_(search) { open(); }
  ~WorkspaceFixture() {
    if (workspace_) close();
  }

  void open() {
    if (kind_ == Kind::local) {
      storage::LocalStoreOptions options;
      options.path = home("store");
      store_ = run(env, storage::LocalStore::open(env, options));
    } else if (!store_) {
      store_ = std::make_unique<storage::MemoryStore>();
    }
    workspace_ = run(env, Workspace::open(env, *store_, options()));
  }
  void close() {
    run(env, workspace_->close());
    workspace_.reset();
    if (kind_ != Kind::local) return;
    run(env, store_->close());
    store_.reset();
  }
  void reopen() {
    close();
    open();
  }

  WorkspaceOptions options() const {
    WorkspaceOptions out;
    out.home = home("");
    out.root = directory_ / "files";
    out.author = "ada";
    out.search = search_;
    return out;
  }

  std::string home(const std::string& name) const { return directory_ / ("home/" + name); }
  std::string file(const std::string& name) const { return directory_ / ("files/" + name); }
  /// Writes files/<name>, and its directories.
  std::string write(const std::string& name, const std::string& text) {
    std::filesystem::path path = file(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  Workspace& ws() { return *workspace_; }
  storage::PinningStore& store() { return *store_; }
  template <class T>
  T wait(base::Task<T> task) {
    return run(env, std::move(task));
  }
  CommitResult commit(CommitRequest request) { return wait(ws().commit(std::move(request))); }
  std::string text_of(const ipld::Cid& version) {
    auto bytes = wait(ws().content(version));
    return std::string(base::as_text(bytes));
  }
  ContextView get(const ContextId& id) { return wait(ws().get(id)); }
  base::Bytes export_all(ExportRequest request = {}) {
    base::Bytes out;
    WriteBytes sink = [&out](base::SharedBytes bytes) -> base::Task<void> {
      out.insert(out.end(), bytes.view().begin(), bytes.view().end());
      co_return;
    };
    wait(ws().export_car(std::move(request), sink));
    return out;
  }
  ImportReport import_all(base::Bytes car, ImportRequest request = {}) {
    std::size_t at = 0;
    ReadBytes source = [&car, &at](base::MutableBytes into) -> base::Task<std::size_t> {
      auto count = std::min(into.size(), car.size() - at);
      std::copy_n(car.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
      at += count;
      co_return count;
    };
    return wait(ws().import_car(std::move(request), source));
  }

  base::RealEnv env;

private:
  TempDir directory_;
  Kind kind_;
  bool search_;
  std::unique_ptr<storage::PinningStore> store_;
  std::unique_ptr<Workspace> workspace_;
};

inline CommitRequest text_request(const std::string& text) {
  CommitRequest request;
  request.content = base::SharedBytes(base::to_bytes(text));
  return request;
}
inline CommitRequest file_request(const std::string& path) {
  CommitRequest request;
  request.content = FileContent{.path = path};
  return request;
}

/// The Error that `call` throws; fails the test when it throws none.
template <class Call>
base::Error error_of(Call call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return base::Error(base::Errc::internal, "none");
}

}  // namespace openmcp::context::test
