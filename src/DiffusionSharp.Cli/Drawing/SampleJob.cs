using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
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

    public required SampleInputs Inputs { get; init; }

    /// <summary>Of all images; which of them go through the network together decides how its sums are rounded.</summary>
    public required ulong[] Seeds { get; init; }

    /// <summary>Of all images.</summary>
    public required int[]? Labels { get; init; }

    public required SampleOptions Options { get; init; }

    /// <summary>Which images are wanted, by their place among all, ascending. The others are drawn only where they share a batch with these, and that matters.</summary>
    public int[] Wanted
    {
        get => field ??= [.. Enumerable.Range(0, Seeds.Length)];
        init;
    }

    /// <summary>Whether the network gives the same bits whatever the company.</summary>
    public bool IsExact { get; init; }

    /// <summary>How they are made, with the plan.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>What is said of the images besides the plan's notes.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public SamplingPlan Plan => Recipe.Plan;

    private GuidanceInterval? Interval => Model.IntervalOf(Options);

    /// <summary>The recipe of one picture of all images that are wanted.</summary>
    public string SheetRecipe => Recipe.Of([.. Wanted.Select(i => Seeds[i])], WantedLabels);

    /// <summary>The classes of the images that are wanted; null without.</summary>
    public int[]? WantedLabels => Labels is null ? null : [.. Wanted.Select(i => Labels[i])];

    /// <summary>Samples everything in one go.</summary>
    /// <param name="watch">Told after each network call, with the places of the wanted images among those that are drawn; or null.</param>
    /// <returns>The wanted images.</returns>
    public (SampledImages Images, SampleResult Result) All(Action<SamplerProgress, int[]>? watch = null)
    {
        int[] drawn = [.. Batches(Wanted).SelectMany(b => b)];
        var shape = Model.Graph.InputShape;
        MemoryNeed.Length((double)drawn.Length * shape.Elements, $"{drawn.Length} images of {shape}", "sample fewer, or into a folder (--out DIR/)");
        var places = drawn.Index().ToDictionary(d => d.Item, d => d.Index);
        int[] kept = [.. Wanted.Select(i => places[i])];
        var calls = Sampler.Batches(drawn.Length, Options.BatchSize) * Plan.NetworkCalls;
        var (images, result) = SamplingMeter.Measure(Host, calls, report => Sample(drawn, p =>
        {
            report(p);
            watch?.Invoke(p, kept);
        }), Options.Guidance, Interval);
        return (Pick(images, kept), result);
    }

    /// <summary>Samples batch by batch into a folder; what is there already is left out.</summary>
    public SampleResult IntoFolder(string path)
    {
        var folder = new PictureFolder(path, Recipe);
        int[] missing = [.. Wanted.Where(i => !folder.Has(Seeds[i], Labels?[i]))];
        var batches = Batches(missing).ToArray();
        using var meter = new SamplingMeter(Host, Math.Max(1, batches.Length * Plan.NetworkCalls), Options.Guidance, Interval);
        var done = Wanted.Length - missing.Length;
        foreach (var batch in batches)
        {
            try
            {
                Host.Interruption.Token.ThrowIfCancellationRequested();
                int[] these = [.. batch.Intersect(missing)];
                Write(Pick(Sample(batch, p => meter.Report(p)), [.. these.Select(i => Array.IndexOf(batch, i))]), folder, these);
                done += these.Length;
            }
            catch (OperationCanceledException)
            {
                meter.Dispose();
                Host.Error.WriteLine($"{done} of {Human.Images(Wanted.Length)} are in {path}; the same command goes on");
                throw;
            }
        }

        return meter.Result(Wanted.Length - missing.Length);
    }

    /// <summary>Disposes of the models that lead the images; <see cref="Model"/> stays.</summary>
    public void Dispose()
    {
        Options.GuideWith?.Dispose();
        Options.Classifier?.Dispose();
    }

    /// <summary>Refuses a folder where an image of one of these seeds was made by another recipe.</summary>
    public void RequireOwn(string path)
    {
        var folder = new PictureFolder(path, Recipe);
        foreach (var i in Wanted)
        {
            folder.Has(Seeds[i], Labels?[i]);
        }
    }

    /// <summary>Writes the wanted images into a folder.</summary>
    public void Write(SampledImages images, string path) => Write(images, new PictureFolder(path, Recipe), Wanted);

    /// <summary>What the verb says at its end.</summary>
    public SampleSummary Summary(SampleResult result, string path) =>
        new() { Out = path, Model = Model, Plan = Plan, Result = result, Images = Wanted.Length, Guidance = Options.Guidance, Interval = Interval, Notes = Notes };

    /// <summary>
    /// The batches in which these images are drawn. Where the company matters they are cut from all images, whatever is there already, so
    /// that an image is always drawn in the same one.
    /// </summary>
    private IEnumerable<int[]> Batches(int[] these)
    {
        if (IsExact)
        {
            return these.Chunk(Options.BatchSize);
        }

        var set = these.ToHashSet();
        return Enumerable.Range(0, Seeds.Length).Chunk(Options.BatchSize).Where(b => b.Any(set.Contains));
    }

    private SampledImages Sample(int[] which, Action<SamplerProgress> progress) => Model.Sample(Options with
    {
        Seeds = [.. which.Select(i => Seeds[i])],
        Labels = Labels is null ? null : [.. which.Select(i => Labels[i])],
        Noise = Inputs.Noise(which, Model.Graph.InputShape),
        InitialX = Inputs.Init(which),
        Edit = Options.Edit?.Pick(Model.Graph.InputShape, which),
        Progress = progress,
    });

    private static SampledImages Pick(SampledImages images, int[] places) =>
        places.Length == images.Count ? images : images with { Count = places.Length, Values = [.. places.SelectMany(i => images.Image(i).ToArray())] };

    private void Write(SampledImages images, PictureFolder folder, int[] which)
    {
        var values = images.ToPictures();
        for (var k = 0; k < which.Length; k++)
        {
            folder.Write(Seeds[which[k]], Labels?[which[k]], images.Shape, values.AsSpan(k * images.Shape.Elements, images.Shape.Elements));
        }
    }
}
