// dag-pb as a value of the data model (specification, "Logical Format").
#include "ipld/dag_pb.hpp"
#include "ipld/utf8.hpp"

namespace openmcp::ipld {
namespace {

using base::Errc;
using base::fail;

std::unexpected<base::Error> bad_form(const std::string& what) {
  return fail(
      Errc::invalid_argument, "dag-pb cannot hold this: " + what,
      "the form is {Data: bytes (optional), Links: [{Hash: link, Name: string (optional), Tsize: int (optional)}]}");
}

base::Result<PbLink> link_from_node(const Node& node) {
  const Map* map = node.if_map();
  if (!map) return bad_form("a link that is " + std::string(kind_name(node.kind())));
  PbLink link;
  bool hash = false;
  for (const auto& [key, value] : *map) {
    if (key == "Hash") {
      const Cid* cid = value.if_link();
      if (!cid) return bad_form("a link's Hash that is " + std::string(kind_name(value.kind())));
      link.hash = *cid;
      hash = true;
    } else if (key == "Name") {
      const std::string* name = value.if_string();
      if (!name) return bad_form("a link's Name that is " + std::string(kind_name(value.kind())));
      link.name = *name;
    } else if (key == "Tsize") {
      const Integer* tsize = value.if_integer();
      if (!tsize) return bad_form("a link's Tsize that is " + std::string(kind_name(value.kind())));
      link.tsize = tsize->uint64();
      if (!link.tsize) return bad_form("a link's Tsize below zero");
    } else {
      return bad_form("a link's field '" + key + "'");
    }
  }
  if (!hash) return bad_form("a link without Hash");
  return link;
}

}  // namespace

base::Result<Node> dag_pb_to_node(const PbView& view) {
  List links;
  links.reserve(view.links.size());
  for (const PbLinkView& link : view.links) {
    Map entry;
    entry.reserve(3);
    entry.append("Hash", link.hash);
    if (link.name) {
      if (!valid_utf8(*link.name))
        return fail(Errc::unsupported, "a link's name is not UTF-8, so this dag-pb node has no form in the data model");
      entry.append("Name", *link.name);
    }
    if (link.tsize) entry.append("Tsize", *link.tsize);
    links.emplace_back(std::move(entry));
  }
  Map node;
  node.reserve(2);
  if (view.data) node.append("Data", Node::bytes(*view.data));
  node.append("Links", std::move(links));
  return Node(std::move(node));
}

base::Result<PbNode> dag_pb_from_node(const Node& node) {
  const Map* map = node.if_map();
  if (!map) return bad_form(std::string(kind_name(node.kind())));
  PbNode result;
  const List* links = nullptr;
  for (const auto& [key, value] : *map) {
    if (key == "Data") {
      const base::Bytes* data = value.if_bytes();
      if (!data) return bad_form("Data that is " + std::string(kind_name(value.kind())));
      result.data = *data;
    } else if (key == "Links") {
      links = value.if_list();
      if (!links) return bad_form("Links that are " + std::string(kind_name(value.kind())));
    } else {
      return bad_form("field '" + key + "'");
    }
  }
  if (!links) return bad_form("a node without Links");
  result.links.reserve(links->size());
  for (const Node& item : *links) {
    auto link = link_from_node(item);
    if (!link) return std::unexpected(std::move(link).error());
    const std::string_view name = link->name ? std::string_view(*link->name) : "";
    if (!result.links.empty() && name < result.links.back().name.value_or(""))
      return bad_form("links that are not sorted by Name");
    result.links.push_back(*std::move(link));
  }
  return result;
}

}  // namespace openmcp::ipld
