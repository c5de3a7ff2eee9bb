using DiffusionSharp.Cli.Cards;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Convert;

/// <summary>The README.md of a converted model: a run's or a folder's own card, else what it comes from and what was assumed of it.</summary>
internal static class ConversionCard
{
    private const int MostBytes = 1 << 20;

    public static string Write(ModelSource source)
    {
        var graph = source.Network.Build();
        if (source.OfRun is { } found)
        {
            return ModelCard.Write(RunConfig.Read(found.Run.Config), graph, Checkpoint.ReadState(found.Folder), CommandLog.Read(found.Run.Root));
        }

        var card = Path.Combine(source.Path, "README.md");
        if (File.Exists(card) && RegularFile.Length(card) is > 0 and <= MostBytes)
        {
            return RegularFile.ReadAllText(card);
        }

        var name = Human.Plain(Path.GetFileName(source.Path.TrimEnd(Path.DirectorySeparatorChar)));
        var assumed = source.Notes.Count == 0 ? "" : $"\n\nAssumed, since the file does not say it:\n\n{string.Join('\n', source.Notes.Select(n => $"- {Human.Plain(n)}"))}";
        var data = source.Data is null ? "" : $"\n- Data: `{Human.Plain(source.Data)}`";
        return $"""
            # {name}

            A diffusion model, converted from `{name}` ({FormatName.Of(source.Layout)}{(source.Prefix.Length == 0 ? "" : $", weights below `{Human.Plain(source.Prefix.TrimEnd('.'))}`")}) by DiffusionSharp's `ddim convert`.

            - Network: {graph.InputShape} images, {Human.Count(graph.ParameterCount)} parameters, {FormattableString.Invariant($"{graph.FlopsPerImage / 1e9:F3}")} GFLOP per image.
            - Schedule: {source.Scheduler.ToSchedule()}; the network predicts {source.Scheduler.PredictionType}.{data}{assumed}

            Sample it:

            ```
            ddim sample --model FOLDER --steps 50 --count 16 --out grid.png
            ```

            """;
    }
}
