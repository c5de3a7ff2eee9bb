using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>What is in a file of arrays, or in a data set.</summary>
internal static class FileFacts
{
    public static JsonObject Npy(string path)
    {
        var (shape, values) = NpyFile.ReadFloat64(path);
        var finite = values.Where(double.IsFinite).ToArray();
        return new JsonObject
        {
            ["kind"] = "npy",
            ["path"] = path,
            ["shape"] = JsonParts.List(shape),
            ["elements"] = values.Length,
            ["notFinite"] = values.Length - finite.Length,
            ["min"] = finite.Length == 0 ? null : finite.Min(),
            ["max"] = finite.Length == 0 ? null : finite.Max(),
            ["mean"] = finite.Length == 0 ? null : finite.Average(),
        };
    }

    public static JsonObject Npz(string path)
    {
        using var file = NpzFile.Open(path);
        return new JsonObject
        {
            ["kind"] = "npz",
            ["path"] = path,
            ["count"] = file.Names.Count,
            ["arrays"] = JsonParts.Map(file.Names.Select(n => (Name: n, Is: file.Describe(n))).Select(a => KeyValuePair.Create(a.Name, $"{a.Is.Dtype} [{string.Join(", ", a.Is.Shape)}]"))),
        };
    }

    public static JsonObject Picture(string path)
    {
        var facts = PngFile.Read(path);
        return new JsonObject
        {
            ["kind"] = facts.Frames > 1 ? "animated PNG" : "PNG",
            ["path"] = path,
            ["size"] = $"{facts.Height}×{facts.Width}",
            ["frames"] = facts.Frames,
            ["recipe"] = facts.Text.GetValueOrDefault(Recipe.Key) is { } text ? Parsed(text) : null,
        };

        static JsonNode? Parsed(string text)
        {
            try
            {
                return JsonNode.Parse(StrictJson.Checked(text), documentOptions: new() { MaxDepth = 8 });
            }
            catch (JsonException)
            {
                return text;
            }
        }
    }

    public static JsonObject Data(string path, string? column, CliHost host)
    {
        var report = DataCheck.Run(path, new DataOptions { Column = column }, cancellationToken: host.Interruption.Token);
        return new JsonObject
        {
            ["kind"] = $"data: {report.Kind}",
            ["path"] = path,
            ["column"] = report.Column?.Name,
            ["images"] = report.Images,
            ["badFiles"] = report.Bad.Count,
            ["skipped"] = JsonParts.Map(report.Skipped.Select(s => KeyValuePair.Create(s.Kind, s.Count))),
            ["sizes"] = JsonParts.Map(report.Sizes),
            ["classes"] = JsonParts.Map(report.Classes),
        };
    }
}
