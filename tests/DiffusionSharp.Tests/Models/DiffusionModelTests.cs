using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using DiffusionSharp.Tests.Sampling;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Tests.Models;

public class DiffusionModelTests
{
    private static readonly UNetConfig Network = UNetConfig.Ddpm(new ImageShape(3, 8, 8), 4, [1], 1, []) with { NormNumGroups = 2 };
    private static readonly UNetConfig Labelled = Network with { NumClassEmbeds = 3, NullClass = 2, ClassNames = ["cat", "dog"] };

    [Fact]
    public void A_folder_is_loaded_and_sampled_with_what_its_scheduler_says()
    {
        using var folder = new TemporaryFolder();
        var scheduler = SchedulerConfig.FromSchedule(NoiseSchedule.Cosine(), PredictionType.VPrediction) with { ClipSample = false };
        ModelFolder.Save(folder["model"], Network, scheduler, Weights(0.25f), "a card");
        var fake = new FakeDenoiser(3, (x, _) => 0.1f * x);
        var seen = new Dictionary<string, float>();
        using var model = DiffusionModel.Load(folder["model"], (graph, weights) =>
        {
            foreach (var p in graph.Parameters)
            {
                seen.Add(p.Name, weights(p).Data[0]);
            }

            return fake;
        });

        Assert.Equal(NoiseSchedule.Cosine(), model.Schedule);
        Assert.All(seen.Values, v => Assert.Equal(0.25f, v));
        Assert.Equal(UNet.Build(Network).Parameters.Count, seen.Count);
        var images = model.Sample(new SampleOptions { Steps = 4, Count = 2, Seed = 7 });
        Assert.Equal((2, new ImageShape(3, 8, 8)), (images.Count, images.Shape));
        Assert.Equal([999, 749, 499, 249], fake.Timesteps);

        var plan = model.Plan(new SampleOptions { Steps = 4 });
        Assert.Equal(PredictionType.VPrediction, plan.PredictionType);
        Assert.Equal(X0TreatmentKind.None, plan.X0Treatment.Kind);
        Assert.Equal(1, plan.FinalAlphaBar);
    }

    [Fact]
    public void Image_i_of_a_seed_is_seed_plus_i()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0), "a card");
        using var model = DiffusionModel.Load(folder["model"], (_, _) => new FakeDenoiser(3, (x, _) => 0.1f * x));
        var three = model.Sample(new SampleOptions { Steps = 3, Seed = 5, Count = 3, Eta = 1, BatchSize = 2 });
        var last = model.Sample(new SampleOptions { Steps = 3, Seed = 7, Eta = 1 });
        var listed = model.Sample(new SampleOptions { Steps = 3, Seeds = [7, 5], Eta = 1 });
        Assert.Equal(three.Image(2).ToArray(), last.Image(0).ToArray());
        Assert.Equal(three.Image(2).ToArray(), listed.Image(0).ToArray());
        Assert.Equal(three.Image(0).ToArray(), listed.Image(1).ToArray());
    }

    [Fact]
    public void Options_reach_the_plan()
    {
        var scheduler = new SchedulerConfig { StepsOffset = 1, SetAlphaToOne = false, ClipSampleRange = 2 };
        Assert.Equal([501, 1], Steps(new SampleOptions { Steps = 2 }));
        Assert.Equal([999, 499], Steps(new SampleOptions { Steps = 2, Spacing = TimestepSpacing.Uniform }));
        foreach (var (word, spacing) in new[] { ("leading", TimestepSpacing.Leading), ("trailing", TimestepSpacing.Trailing), ("linspace", TimestepSpacing.Linspace) })
        {
            var said = scheduler with { TimestepSpacing = word };
            Assert.Equal(
                DiffusionModel.Plan(said, new SampleOptions { Steps = 7, Spacing = spacing }).ToJson(), DiffusionModel.Plan(said, new SampleOptions { Steps = 7 }).ToJson());
        }

        Assert.Equal([900, 30, 2], Steps(new SampleOptions { Timesteps = [900, 30, 2] }));
        var plan = DiffusionModel.Plan(scheduler, new SampleOptions { Steps = 2 });
        Assert.Equal(NoiseSchedule.Linear().AlphaBar(0), plan.FinalAlphaBar);
        Assert.Equal((X0TreatmentKind.Clip, 2), (plan.X0Treatment.Kind, plan.X0Treatment.Range));
        Assert.Equal(X0TreatmentKind.None, DiffusionModel.Plan(scheduler, new SampleOptions { X0Treatment = X0Treatment.None }).X0Treatment.Kind);
        Assert.Equal(X0TreatmentKind.DynamicThreshold, DiffusionModel.Plan(scheduler with { Thresholding = true }, new SampleOptions()).X0Treatment.Kind);

        int[] Steps(SampleOptions options) => [.. DiffusionModel.Plan(scheduler, options).Steps.Select(s => (int)s.Timestep!.Value)];
    }

    [Fact]
    public void Tuned_timesteps_are_the_models_own()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0), "a card");
        var source = ModelSource.Open(folder["model"]);
        var missing = Assert.Throws<DiffusionException>(() => DiffusionModel.Plan(source, Tuned(3)));
        Assert.Equal(ErrorKind.Usage, missing.Kind);
        Assert.Contains($"the model {folder["model"]} has no timesteps tuned for 3 steps (it has them for none); TimestepTuner and ddim tune find them", missing.Message);

        TunedTimestepsJson.Add(source.TunedTimestepsPath, 1000, [Timesteps.Custom(1000, 900, 300, 7), Timesteps.Custom(1000, 800, 100)]);
        Assert.Equal(folder["model/scheduler/tuned_timesteps.json"], source.TunedTimestepsPath);
        using var model = DiffusionModel.Load(folder["model"], (_, _) => new FakeDenoiser(3, (x, _) => 0.1f * x));
        Assert.Equal([900, 300, 7], model.Plan(Tuned(3)).Steps.Select(s => s.Timestep!.Value));
        Assert.Equal([7, 300, 900], model.InversionPlan(Tuned(3)).Steps.Select(s => s.Timestep!.Value));
        Assert.Equal([800, 100], DiffusionModel.Plan(source, Tuned(2)).Steps.Select(s => s.Timestep!.Value));
        Assert.Equal([5], DiffusionModel.Plan(source, new SampleOptions { Timesteps = [5] }).Steps.Select(s => s.Timestep!.Value));
        Assert.Contains("it has them for 2, 3", Assert.Throws<DiffusionException>(() => model.Plan(Tuned(4))).Message);
        Assert.Contains("belong to a model", Assert.Throws<DiffusionException>(() => DiffusionModel.Plan(source.Scheduler, Tuned(3))).Message);

        SampleOptions Tuned(int steps) => new() { Steps = steps, Spacing = TimestepSpacing.Tuned };
    }

    [Fact]
    public void A_run_gives_its_first_average_or_the_weights_themselves()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder["run"]);
        (Config() with { Network = Labelled }).Write(run.Config);
        Assert.Contains("no checkpoint yet", Assert.Throws<DiffusionException>(() => ModelSource.Open(run.Root)).Message);

        Checkpoint.Write(run.Checkpoint(8), new TrainingState { Images = 8 }, new Dictionary<string, IReadOnlyDictionary<string, HostTensor>>
        {
            [Checkpoint.Weights] = Weights(1, Labelled),
            [Checkpoint.Ema(0.5)] = Weights(2, Labelled),
            [Checkpoint.Ema(0.9)] = Weights(3, Labelled),
        });
        run.Advance(8, 3);
        Assert.Equal(2, First(ModelSource.Open(run.Root)));
        Assert.Equal(1, First(ModelSource.Open(run.Root, raw: true)));
        Assert.Equal(["cat", "dog"], ModelSource.Open(run.Root).Network.ClassNames);
        Assert.Equal("d", ModelSource.Open(run.Root).Data);
        Assert.Equal(folder["run/tuned_timesteps.json"], ModelSource.Open(run.Root).TunedTimestepsPath);

        static float First(ModelSource source)
        {
            using var weights = source.OpenWeights();
            return weights.ReadAll()[0].Value.Data[0];
        }
    }

    [Fact]
    public void The_file_of_the_weights_is_open_while_the_engine_takes_them()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0.25f));
        var fake = new FakeDenoiser(3, (x, _) => 0.1f * x);
        Func<ParameterSpec, HostTensor>? kept = null;
        using var model = DiffusionModel.Load(folder["model"], (graph, weights) =>
        {
            kept = weights;
            Assert.Equal(0.25f, weights(graph.Parameters[0]).Data[0]);
            return fake;
        });
        Assert.Throws<ObjectDisposedException>(() => kept!(model.Graph!.Parameters[0]));
        Assert.Throws<TimeoutException>(() => DiffusionModel.Load(folder["model"], (_, weights) =>
        {
            kept = weights;
            throw new TimeoutException();
        }));
        Assert.Throws<ObjectDisposedException>(() => kept!(model.Graph!.Parameters[0]));
    }

    [Theory]
    [InlineData("# A\n\n- Network: n\n- Data: `builtin:shapes` (x).\n- Data: `other`\n", "builtin:shapes")]
    [InlineData("- Data: none\n", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_data_of_a_model_folder_is_what_its_card_says(string? card, string? data)
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0), card);
        Assert.Equal(data, ModelSource.Open(folder["model"]).Data);
    }

    [Fact]
    public void Guidance_asks_for_the_label_and_for_none()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Labelled, new SchedulerConfig(), Weights(0, Labelled));
        var fake = new FakeDenoiser(3, (x, _) => 0.1f * x);
        using var model = DiffusionModel.Load(folder["model"], (_, _) => fake);
        Assert.Equal((2, 2, "dog"), (model.ClassCount, model.NullClass, model.ClassNames[1]));
        Assert.Same(fake, model.Guided(1));

        var options = new SampleOptions { Steps = 2, Labels = [1] };
        Assert.Equal([[1], [1]], Asked(options));
        Assert.Equal([[1], [2], [1], [2]], Asked(options with { Guidance = 3 }));
        Assert.Equal([[2], [2]], Asked(options with { Guidance = 0, Labels = null }));
        model.Invert(new double[192], options with { Guidance = 3 });
        Assert.Equal([[1], [2], [1], [2]], fake.Labels.TakeLast(4));
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => model.Guided(double.NaN)).Kind);

        int[][] Asked(SampleOptions o)
        {
            fake.Labels.Clear();
            model.Sample(o);
            return [.. fake.Labels];
        }
    }

    [Fact]
    public void Guidance_without_a_null_class_is_refused()
    {
        using var folder = new TemporaryFolder();
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0));
        var fake = new FakeDenoiser(3, (x, _) => 0.1f * x);
        using var model = DiffusionModel.Load(folder["model"], (_, _) => fake);
        model.Sample(new SampleOptions { Steps = 1, Guidance = 1 });
        foreach (var (guidance, message) in (ReadOnlySpan<(double, string)>)[(0, "no null class"), (2, "no null class"), (double.NaN, "guidance NaN must be a finite number")])
        {
            var e = Assert.Throws<DiffusionException>(() => model.Sample(new SampleOptions { Guidance = guidance }));
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }

        Assert.Single(fake.Labels);
    }

    [Fact]
    public void A_folder_that_is_neither_and_raw_weights_of_a_model_are_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(ErrorKind.ModelFile, Assert.Throws<DiffusionException>(() => ModelSource.Open(folder["nothing"])).Kind);
        ModelFolder.Save(folder["model"], Network, new SchedulerConfig(), Weights(0), "a card");
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => ModelSource.Open(folder["model"], raw: true)).Kind);
    }

    private static RunConfig Config() => new()
    {
        Network = Network,
        Scheduler = new SchedulerConfig(),
        Training = new TrainingOptions { TotalImages = 8, EmaDecays = [0.5, 0.9] },
        Data = "d",
        DataFingerprint = "f",
    };

    private static Dictionary<string, HostTensor> Weights(float value, UNetConfig? network = null) => UNet.Build(network ?? Network).Parameters.ToDictionary(p => p.Name, p =>
    {
        var data = new float[p.Elements];
        data.AsSpan().Fill(value);
        return new HostTensor([.. p.Shape], data);
    });
}
