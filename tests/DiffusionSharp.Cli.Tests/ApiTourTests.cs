using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using DiffusionSharp.Cpu;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;
using TestKit;

namespace DiffusionSharp.Cli.Tests;

/// <summary>The tour of docs/api.md, run: its snippets are these lines.</summary>
public sealed partial class ApiTourTests : IDisposable
{
    private static readonly string Repository = Shared.Repository;

    private readonly string scratch = Directory.CreateTempSubdirectory("diffusionsharp-").FullName;
    private readonly List<string> lines = [];

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    [Fact]
    public void Every_snippet_is_among_these_lines()
    {
        var document = File.ReadAllText(Path.Combine(Repository, "docs", "api.md"));
        var source = Trimmed(File.ReadAllText(Path.Combine(Repository, "tests", "DiffusionSharp.Cli.Tests", "ApiTourTests.cs")));
        var snippets = Snippet().Matches(document).Select(m => Trimmed(m.Groups[1].Value)).ToArray();

        Assert.InRange(snippets.Length, 14, 100);
        Assert.All(snippets, snippet => Assert.Contains(snippet, source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_loaded_model_does_what_the_tour_says()
    {
        var (folder, png) = (Path.Combine(Repository, "models", "shapes-32"), Path.Combine(scratch, "shape.png"));

        using var model = DiffusionModel.Load(folder, CpuEngine.Default);
        var images = model.Sample(new SampleOptions { Seed = 42, Steps = 50, Eta = 0 });
        ImageFile.SavePng(png, images.Shape, images.ToPictures());
        Assert.True(File.Exists(png));

        var several = model.Sample(new SampleOptions { Seeds = [7, 42], Steps = 10, Solver = Solver.DpmPlusPlus2M, X0Treatment = X0Treatment.None });
        var stochastic = model.Sample(new SampleOptions { Count = 3, Timesteps = [900, 600, 300, 0], Eta = 1 });
        Assert.Equal((2, 3), (several.Count, stochastic.Count));

        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var progress = new SynchronousProgress<SamplerProgress>(p => lines.Add($"call {p.Call} of {p.Calls}, t = {p.Timestep}"));
        var watched = model.Sample(new SampleOptions { Steps = 4 }, progress, stop.Token);
        Assert.Equal(["call 1 of 4, t = 999", "call 2 of 4, t = 749", "call 3 of 4, t = 499", "call 4 of 4, t = 249"], lines);

        var forming = new List<double[]>();
        model.Sample(new SampleOptions { Steps = 4, Watch = step => forming.Add(step.X0.ToArray()) });
        Assert.Equal(watched.Values, forming[^1]);

        lines.Clear();
        foreach (var batch in model.Stream(new SampleOptions { Count = 5, BatchSize = 2, Steps = 2 }))
        {
            lines.Add($"{batch.Count} images of {batch.Shape}");
        }

        await foreach (var batch in model.StreamAsync(new SampleOptions { Count = 5, BatchSize = 2, Steps = 2 }, cancellationToken: stop.Token))
        {
            lines.Add($"{batch.Count} images of {batch.Shape}");
        }

        Assert.Equal(lines[..3], lines[3..]);
        Assert.Equal("1 images of 3×32×32", lines[2]);

        lines.Clear();
        Tensor<double> tensor = images.AsTensor();
        ReadOnlySpan<double> first = images.Image(0);
        lines.Add($"{tensor[0, 0, 0, 0] == first[0]}");
        Assert.Equal(["True"], lines);
    }

    [Fact]
    public void It_encodes_interpolates_and_draws_other_sizes()
    {
        using var model = DiffusionModel.Load(Path.Combine(Repository, "models", "shapes-32"), CpuEngine.Default);

        var pictures = ImageList.Read(["builtin:shapes"], model.Shape, count: 2);
        var latents = model.Invert(pictures, new SampleOptions { Steps = 20 });
        var back = model.Sample(new SampleOptions { Count = 2, Steps = 20, InitialX = latents.Values, X0Treatment = X0Treatment.None });
        var loss = model.Reconstruct(pictures, new SampleOptions { Steps = 20 }).Psnr;
        Assert.Equal(loss, -10 * Math.Log10(pictures.Zip(back.Values, (a, b) => (a - b) * (a - b) / 4).Average()), 1e-9);

        var between = LatentGrid.Between([7, 42], frames: 5, model.Shape.Elements);
        var film = model.Sample(new SampleOptions { Count = 5, Steps = 10, InitialX = between });
        Assert.Equal(model.Sample(new SampleOptions { Seed = 7, Steps = 10 }).Values, film.Image(0).ToArray());

        var wide = model.Sample(new SampleOptions { Size = (32, 64), Steps = 4 });
        Assert.Equal(new ImageShape(3, 32, 64), wide.Shape);
    }

    [Fact]
    public void Networks_of_ones_own_are_sampled()
    {
        var schedule = NoiseSchedule.Linear();
        var plan = DdimPlan.Create(schedule, Timesteps.Uniform(schedule.T, 20), new DdimOptions { Eta = 0.5 });
        lines.Add($"{plan}");
        Assert.Equal(20, plan.NetworkCalls);

        using var own = DiffusionModel.From(new HalfDenoiser(), new ImageShape(3, 16, 16), NoiseSchedule.Cosine(), PredictionType.VPrediction);
        var drawn = own.Sample(new SampleOptions { Count = 4, Steps = 10 });
        Assert.Equal(4, drawn.Count);

        var g = new GraphBuilder(new ImageShape(3, 16, 16));
        var x = g.X();
        var time = g.Linear("time", g.TimestepEmbedding("sinusoid", g.Timestep(), 64, flipSinToCos: false, freqShift: 1), 32);
        var h = g.Conv2d("in", x, outChannels: 32, kernel: 3, stride: 1, padding: 1);
        h = g.Silu("act", g.GroupNorm("norm", g.AddPerChannel("add", h, time), groups: 8, epsilon: 1e-5));
        g.Conv2d("out", h, outChannels: 3, kernel: 3, stride: 1, padding: 1);
        var graph = g.Build();
        var weights = Initializer.Create(graph, seed: 0);
        using var mine = DiffusionModel.From(graph, p => weights[p.Name], CpuEngine.Default, SchedulerConfig.FromSchedule(NoiseSchedule.Linear()));
        var noise = mine.Sample(new SampleOptions { Steps = 5 });
        Assert.Equal(new ImageShape(3, 16, 16), noise.Shape);
        Assert.All(noise.Values, v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void A_run_is_trained_and_sampled()
    {
        var (photos, run) = (Path.Combine(scratch, "photos"), Path.Combine(scratch, "run"));
        Directory.CreateDirectory(photos);
        for (var i = 0; i < 5; i++)
        {
            ImageFile.SavePng(Path.Combine(photos, $"{i}.png"), new ImageShape(3, 20, 20), new float[3 * 20 * 20]);
        }

        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var data = DataSets.Open(photos, new DataOptions { Height = 16, Width = 16 });
        var network = UNetConfig.Ddpm(data.Shape, channels: 8, multipliers: [1, 2], layersPerBlock: 1, attentionResolutions: []) with { NormNumGroups = 4 };
        var options = new TrainingOptions { BatchSize = 4, LearningRate = 1e-3, EmaDecays = [0.999], TotalImages = 40 };
        using (var trainer = Trainer.Open(CpuTraining.Engine, run, RunConfig.Create(photos, data, network, options), data))
        {
            trainer.Run(new SynchronousProgress<TrainingProgress>(p => lines.Add($"{p.Images} images, loss {p.Loss:F4}")), cancellationToken: stop.Token);
        }

        using var trained = DiffusionModel.Load(run, CpuEngine.Default);
        var learned = trained.Sample(new SampleOptions { Seed = 42, Steps = 5 });
        Assert.Equal(data.Shape, learned.Shape);
        Assert.Equal(10, lines.Count);
    }

    [Fact]
    public void Errors_say_what_they_are()
    {
        try
        {
            DiffusionModel.Load("no-such-model", CpuEngine.Default);
        }
        catch (DiffusionException e) when (e.Kind == ErrorKind.ModelFile)
        {
            lines.Add(e.Message);
        }

        Assert.Contains("no-such-model", Assert.Single(lines), StringComparison.Ordinal);
    }

    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));

    [GeneratedRegex(@"^```csharp\n([\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex Snippet();
}

internal sealed class HalfDenoiser : IDenoiser
{
    public int OutputChannels => 3;

    public void Predict(DenoiserInput input, Span<float> prediction)
    {
        for (var i = 0; i < prediction.Length; i++)
        {
            prediction[i] = 0.5f * input.X[i];
        }
    }
}
