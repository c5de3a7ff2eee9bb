using System.Text;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Output;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>Prints a JSON object as aligned lines, inner objects indented.</summary>
internal static class Outline
{
    // One long name must not make every line as long.
    private const int MaxWidth = 60;

    /// <summary>The lines.</summary>
    /// <param name="root">What to print.</param>
    /// <param name="tensors">Whether the list of tensors is printed, too.</param>
    public static string Text(JsonObject root, bool tensors)
    {
        var text = new StringBuilder();
        Write(root, string.Empty);
        return text.ToString();

        void Write(JsonObject node, string indent)
        {
            var width = Math.Min(MaxWidth, node.Select(p => p.Key.Length).DefaultIfEmpty(0).Max());
            foreach (var (name, value) in node)
            {
                if (name == "tensors" && !tensors)
                {
                    continue;
                }

                if (name == "tensors" && value is JsonObject list)
                {
                    text.AppendLine($"{indent}{name}");
                    text.Append(TensorTree.Text([.. list.Select(t => (t.Key, One(t.Value)))], indent + "  "));
                }
                else if (value is JsonObject { Count: > 0 } inner)
                {
                    text.AppendLine($"{indent}{Human.Plain(name)}");
                    Write(inner, indent + "  ");
                }
                else
                {
                    text.AppendLine($"{indent}{Human.Plain(name).PadRight(width)}  {One(value)}");
                }
            }
        }
    }

    private static string One(JsonNode? value) => value switch
    {
        null => "-",
        JsonObject => "none",
        JsonArray array => string.Join(", ", array.Select(One)),
        JsonValue v when v.GetValueKind() == System.Text.Json.JsonValueKind.Number && v.TryGetValue<long>(out var n) => Human.Count(n),
        _ => Human.Plain(value.ToString()),
    };
}
