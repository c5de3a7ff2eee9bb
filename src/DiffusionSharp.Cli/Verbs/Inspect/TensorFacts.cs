using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files;
using DiffusionSharp.Models.Layouts;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>What is in a file of tensors, and whose network it is.</summary>
internal static class TensorFacts
{
    private const int MostValues = 20;

    /// <summary>Everything but the values of its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">Which of its sets of weights is described, and what it does not say of itself.</param>
    public static JsonObject Read(string path, Wanted wanted)
    {
        using var file = TensorFiles.Open(path);
        var found = new JsonObject
        {
            ["kind"] = FormatName.Of(file.Container),
            ["path"] = path,
            ["size"] = Human.Bytes(file.Length),
            ["count"] = file.Tensors.Count,
            ["elements"] = file.Tensors.Values.Sum(t => t.Elements),
            ["types"] = string.Join(", ", file.Tensors.Values.GroupBy(t => t.Dtype).OrderByDescending(g => g.Count()).Select(g => $"{g.Count()} {g.Key}")),
        };
        if (file.Values.Count > 0)
        {
            // An optimizer lists the numbers of its parameters: the last thing to look at.
            found["values"] = JsonParts.Map(file.Values
                .OrderBy(v => v.Key.Contains(".params.", StringComparison.Ordinal)).ThenBy(v => v.Key.Count(c => c == '.')).Take(MostValues));
        }

        if (file.UnreadNames.Count > 0)
        {
            found["notRead"] = JsonParts.List(file.UnreadNames.Order(StringComparer.Ordinal));
        }

        var sets = StateDict.Find(file.Tensors);
        found["networks"] = sets.Count == 0
            ? OptimizerState.Is(file) ? "none: it is the state of an optimizer, which is of use only for training on" : "none that is known by its names: a state dict of somebody's own network, or no network at all"
            : JsonParts.Map(sets.Select(s => KeyValuePair.Create(s.Prefix.Length == 0 ? "at the top" : s.Prefix.TrimEnd('.'), $"{FormatName.Of(s.Layout)}, {(s.IsAverage ? "moving average (EMA)" : "weights")}")));
        if (sets.Count > 0)
        {
            Describe(found, path, wanted);
        }

        found["contents"] = JsonParts.Map(TensorTree.Summary(file.Tensors));
        found["tensors"] = JsonParts.Map(file.Tensors.Select(t => KeyValuePair.Create(t.Key, TensorTree.Shape(t.Value))));
        return found;
    }

    // What is missing to sample it is a fact as well.
    private static void Describe(JsonObject found, string path, Wanted wanted)
    {
        try
        {
            var source = wanted.Open(path);
            using (source.OpenWeights())
            {
                foreach (var (name, value) in ModelFacts.Describe(source))
                {
                    found[name] = value;
                }
            }
        }
        catch (DiffusionException e) when (e.Kind is ErrorKind.ModelFile or ErrorKind.Configuration)
        {
            found["to sample it"] = e.Message;
        }
    }
}
