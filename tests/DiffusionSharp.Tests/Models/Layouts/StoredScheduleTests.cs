using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Storage;
using TestKit.Files;

namespace DiffusionSharp.Tests.Models.Layouts;

/// <summary>Schedules that a checkpoint keeps as numbers: used, and never contradicted in silence.</summary>
public sealed class StoredScheduleTests : IDisposable
{
    private static readonly CheckpointFacts Told = new() { Height = 8, Width = 8, NumHeads = 2, Prediction = PredictionType.Epsilon };

    private static readonly Dictionary<string, NoiseSchedule> Schedules = new()
    {
        ["linear"] = NoiseSchedule.Linear(),
        ["another linear"] = NoiseSchedule.Linear(400, 0.002, 0.05),
        ["scaled_linear"] = NoiseSchedule.ScaledLinear(),
        ["Stable Diffusion"] = NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012),
        ["cosine"] = NoiseSchedule.Cosine(),
        ["short cosine"] = NoiseSchedule.Cosine(25),
        ["lucidrains' linear"] = NoiseSchedule.LinearScaledT(300),
        ["lucidrains' sigmoid"] = NoiseSchedule.SigmoidLucidrains(),
        ["own"] = NoiseSchedule.FromBetas([0.1, 0.2, 0.4]),
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, TensorDtype, string> Stored => new(
        from name in Schedules.Keys
        from dtype in (TensorDtype[])[TensorDtype.F64, TensorDtype.F32, TensorDtype.F16]
        from buffer in (string[])["betas", "alphas_cumprod"]
        where (name, dtype, buffer) is not ("another linear", TensorDtype.F16, _) and not ("lucidrains' linear", _, "alphas_cumprod") and not ("own", not TensorDtype.F64, "alphas_cumprod")
        where dtype != TensorDtype.F16 || buffer == "betas"
        select (name, dtype, buffer));

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Stored))]
    public void A_schedule_is_found_again_by_its_rounded_numbers(string name, TensorDtype dtype, string buffer)
    {
        var expected = Schedules[name];
        double[] values = [.. Enumerable.Range(0, expected.T).Select(t => Round(buffer == "betas" ? expected.Beta(t) : expected.AlphaBar(t), dtype))];
        var found = buffer == "betas" ? StoredBetas.Schedule(values, dtype) : StoredBetas.FromAlphaBars(values, dtype);
        if (name == "own" || (name == "lucidrains' linear" && dtype == TensorDtype.F16))
        {
            Assert.True(StoredSchedule.Agree(expected, found));
        }
        else
        {
            Assert.Equal(expected, found);
        }
    }

    [Theory]
    [InlineData("model.diffusion_model.", "betas")]
    [InlineData("model.diffusion_model.", "model.alphas_cumprod")]
    [InlineData("", "diffusion.betas")]
    public void The_files_own_schedule_is_used_and_nothing_is_assumed(string prefix, string buffer)
    {
        var model = Read(prefix, Told, Buffer(buffer, NoiseSchedule.Cosine()));
        Assert.Equal(NoiseSchedule.Cosine(), model.Scheduler.ToSchedule());
        Assert.Equal("squaredcos_cap_v2", model.Scheduler.BetaSchedule);
        Assert.DoesNotContain(model.Notes, n => n.Contains("schedule", StringComparison.Ordinal));
    }

    [Fact]
    public void CompVis_linear_is_a_line_of_square_roots()
    {
        var assumed = Read("model.diffusion_model.", Told);
        Assert.Equal(NoiseSchedule.ScaledLinear(), assumed.Scheduler.ToSchedule());
        Assert.Contains("scaled_linear", Assert.Single(assumed.Notes));
        Assert.Equal(NoiseSchedule.ScaledLinear(1000, 0.0015, 0.0195), Read("model.diffusion_model.", Told with { NoiseSchedule = "linear", BetaStart = 0.0015, BetaEnd = 0.0195 }).Scheduler.ToSchedule());
        Assert.Equal(NoiseSchedule.Linear(), Read("model.diffusion_model.", Told with { NoiseSchedule = "sqrt_linear" }).Scheduler.ToSchedule());

        // OpenAI's own.
        Assert.Equal(NoiseSchedule.Linear(), Read("model.", Told).Scheduler.ToSchedule());
    }

    [Fact]
    public void What_is_told_and_what_the_file_says_never_differ_in_silence()
    {
        var buffers = Buffer("betas", NoiseSchedule.ScaledLinear());
        var told = Read("model.", Told with { NoiseSchedule = "cosine" }, buffers);
        Assert.Equal(NoiseSchedule.Cosine(), told.Scheduler.ToSchedule());
        Assert.Contains(told.Notes, n => n.Contains("'betas'", StringComparison.Ordinal) && n.Contains("cosine", StringComparison.Ordinal));
        Assert.DoesNotContain(Read("model.", Told with { NoiseSchedule = "quad" }, buffers).Notes, n => n.Contains("'betas'", StringComparison.Ordinal));

        Assert.Equal(1000, Read("model.", Told with { DiffusionSteps = 1000, BetaEnd = 0.02 }, buffers).Scheduler.NumTrainTimesteps);
        Assert.All(
            [(Told with { DiffusionSteps = 500 }, "diffusion_steps=500"), (Told with { BetaEnd = 0.03 }, "beta_end=0.03")],
            c => Fails(ErrorKind.Usage, c.Item2, "model.", c.Item1, buffers));
    }

    [Fact]
    public void Buffers_that_contradict_each_other_are_an_error_until_the_schedule_is_told()
    {
        float[] rescaled = AlphaBars(NoiseSchedule.Linear().WithZeroTerminalSnr());
        KeyValuePair<string, HostTensor>[] both = [.. Buffer("betas", NoiseSchedule.Linear()), new("alphas_cumprod", new HostTensor([1000], rescaled))];
        Fails(ErrorKind.ModelFile, "'alphas_cumprod'", "model.", Told, both);
        Assert.Equal(NoiseSchedule.Linear(), Read("model.", Told with { NoiseSchedule = "linear" }, both).Scheduler.ToSchedule());

        Fails(ErrorKind.ModelFile, "'b.betas'", "model.", Told, [.. Buffer("a.betas", NoiseSchedule.Linear()), .. Buffer("b.betas", NoiseSchedule.Cosine())]);
        Fails(ErrorKind.ModelFile, "no noise schedule", "model.", Told, [new("betas", new HostTensor([2], [0.5f, 1.5f]))]);

        // The nearest is meant, and an optimizer's are none.
        Assert.Equal(NoiseSchedule.Cosine(), Read("model.", Told, [.. Buffer("model.betas", NoiseSchedule.Cosine()), .. Buffer("betas", NoiseSchedule.Linear()), .. Buffer("exp_avg.betas", NoiseSchedule.Jsd())]).Scheduler.ToSchedule());
    }

    private static KeyValuePair<string, HostTensor>[] Buffer(string name, NoiseSchedule schedule) =>
        [new(name, new HostTensor([schedule.T], name.EndsWith("betas", StringComparison.Ordinal) ? [.. schedule.Betas.Select(b => (float)b)] : AlphaBars(schedule)))];

    private static float[] AlphaBars(NoiseSchedule schedule) => [.. Enumerable.Range(0, schedule.T).Select(t => (float)schedule.AlphaBar(t))];

    private static double Round(double value, TensorDtype dtype) => dtype switch { TensorDtype.F16 => (double)(Half)value, TensorDtype.F32 => (float)value, _ => value };

    private void Fails(ErrorKind kind, string words, string prefix, CheckpointFacts told, KeyValuePair<string, HostTensor>[] buffers)
    {
        var e = Assert.Throws<DiffusionException>(() => Read(prefix, told, buffers));
        Assert.Equal(kind, e.Kind);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    private CheckpointModel Read(string prefix, CheckpointFacts told, params KeyValuePair<string, HostTensor>[] buffers)
    {
        SafetensorsWriter.Write(folder["m.safetensors"], [.. new GuidedFlags().Module().Values(prefix), .. buffers]);
        using var file = TensorFiles.Open(folder["m.safetensors"]);
        return CheckpointReader.Read(file, raw: false, average: false, told);
    }
}
