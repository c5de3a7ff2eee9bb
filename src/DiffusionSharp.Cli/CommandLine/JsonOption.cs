using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DiffusionSharp.Cli.CommandLine;

/// <summary><c>--json</c>: results as one JSON value on stdout.</summary>
internal static class JsonOption
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Option<bool> Create() => new("--json");

    /// <summary>Prints the result as JSON, or as lines of text.</summary>
    public static void Print(CliHost host, bool json, Func<JsonNode> node, Func<string> text) =>
        host.Out.WriteLine(json ? Text(node()) : text().TrimEnd('\n'));

    /// <summary>JSON as people read it, over several lines.</summary>
    public static string Text(JsonNode node) => node.ToJsonString(Indented);
}
