using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Images to be sampled: with which model, how, and from which noise.</summary>
internal sealed class SampleJob : IDisposable
{
    public required CliHost Host { get; init; }

    public required DiffusionModel Model { get; init; }

    /// <summary>
    /// Everything but which are wanted, with seeds and labels of all images: which of them go through the network together decides how its sums are
    /// rounded.
    /// </summary>
    public required SampleOptions Options { get; init; }

    /// <summary>How they are made, with the plan.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Which images are wanted, by their place among all, ascending. The others are drawn only where they share a batch with these, and that matters.</summary>
    public int[] Wanted
    {
        get => field ??= [.. Enumerable.Range(0, Seeds.Count)];
        init;
    }

    /// <summary>Whether the network gives the same bits whatever the company.</summary>
    public bool IsExact { get; init; }

    /// <summary>What is said of the images besides the plan's notes.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public SamplingPlan Plan => Recipe.Plan;

    /// <summary>Of all images.</summary>
    public IReadOnlyList<ulong> Seeds => Options.Seeds!;

    /// <summary>Of all images; null without.</summary>
    public int[]? Labels => Options.Labels;

    /// <summary>The recipe of one picture of all images that are wanted.</summary>
    public string SheetRecipe => Recipe.ToJson([.. Wanted.Select(i => Seeds[i])], WantedLabels);

    /// <summary>The classes of the images that are wanted; null without.</summary>
    public int[]? WantedLabels => Labels is null ? null : [.. Wanted.Select(i => Labels[i])];

    private GuidanceInterval? Interval => Model.IntervalOf(Options);

    /// <summary>Draws images batch by batch.</summary>
    /// <param name="writers">Where each batch goes; they are disposed of.</param>
    /// <param name="these">Which of the wanted images; null draws all of them.</param>
    /// <param name="watch">Shown x and x0 after each network call, with the places of the wanted images among those that are drawn; or null.</param>
    public SampleResult Draw(IReadOnlyList<IImageWriter> writers, int[]? these = null, Action<SampledStep, int[]>? watch = null)
    {
        try
        {
            var result = Draw(these ?? Wanted, watch, writers);
            foreach (var writer in writers)
            {
                writer.Commit();
            }

            return result;
        }
        finally
        {
            foreach (var writer in writers)
            {
                writer.Dispose();
            }
        }
    }

    /// <summary>Disposes of the models that lead the images; <see cref="Model"/> stays.</summary>
    public void Dispose()
    {
        Options.GuideWith?.Dispose();
        Options.Classifier?.Dispose();
    }

    /// <summary>What the verb says at its end.</summary>
    public SampleSummary Summary(SampleResult result, string path) =>
        new() { Out = path, Model = Model, Plan = Plan, Result = result, Images = Wanted.Length, Guidance = Options.Guidance, Interval = Interval, Notes = Notes };

    private SampleResult Draw(int[] these, Action<SampledStep, int[]>? watch, IReadOnlyList<IImageWriter> writers)
    {
        var drawn = Drawn(these);
        var set = these.ToHashSet();
        int[] kept = [.. Enumerable.Range(0, drawn.Length).Where(place => set.Contains(drawn[place]))];
        using var meter = new SamplingMeter(Host, Math.Max(1, Sampler.Batches(drawn.Length, Options.BatchSize) * Plan.NetworkCalls), Options.Guidance, Interval);
        var options = Options with { Only = drawn, Watch = watch is null ? null : step => watch(step, kept) };
        var first = 0;
        foreach (var batch in drawn.Length == 0 ? [] : Model.Stream(options, Plan, meter, Host.Interruption.Token))
        {
            int[] places = [.. Enumerable.Range(first, batch.Count).Where(place => set.Contains(drawn[place]))];
            int[] which = [.. places.Select(place => drawn[place])];
            var images = Pick(batch, [.. places.Select(place => place - first)]);
            foreach (var writer in writers)
            {
                writer.Write(which, images);
            }

            first += batch.Count;
        }

        return meter.Result(Wanted.Length - these.Length);
    }

    /// <summary>
    /// The images that are drawn for some: where the company matters, all of each batch that these are of, and batches are cut from all images,
    /// whatever is there already, so that an image is always drawn in the same one.
    /// </summary>
    private int[] Drawn(int[] these)
    {
        if (IsExact)
        {
            return these;
        }

        var set = these.ToHashSet();
        return [.. Enumerable.Range(0, Seeds.Count).Chunk(Options.BatchSize).Where(b => b.Any(set.Contains)).SelectMany(b => b)];
    }

    private static SampledImages Pick(SampledImages images, int[] places) =>
        places.Length == images.Count ? images : images with { Count = places.Length, Values = [.. places.SelectMany(i => images.Image(i).ToArray())] };
}
