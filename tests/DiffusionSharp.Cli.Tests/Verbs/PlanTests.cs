using System.Globalization;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;

namespace DiffusionSharp.Cli.Tests.Verbs;

public sealed class PlanTests
{
    private readonly Ddim ddim = new();

    [Fact]
    public void CSV_has_a_header_and_one_row_per_step()
    {
        var lines = ddim.Done("plan", "--steps", "10", "--eta", "1", "--csv").TrimEnd('\n').Split('\n');

        Assert.Equal("step,t,alphaBar_from,alphaBar_to,x0_from_x,x0_from_m,x,m,x0,sigma", lines[0]);
        Assert.Equal(11, lines.Length);
        Assert.All(lines, line => Assert.Equal(10, line.Split(',').Length));
        Assert.Equal(["999", "899", "799"], lines[1..4].Select(l => l.Split(',')[1]));

        // ᾱ_999 of DDPM's linear schedule, as published.
        Assert.Equal(4.0358e-5, double.Parse(lines[1].Split(',')[2], CultureInfo.InvariantCulture), 1e-9);
    }

    [Fact]
    public void JSON_is_the_plan()
    {
        var plan = SamplingPlan.FromJson(ddim.Done("plan", "--timesteps", "900,500,0", "--schedule", "cosine", "--prediction", "v_prediction", "--no-clip", "--json"));

        Assert.Equal([900.0, 500, 0], plan.Steps.Select(s => s.Timestep!.Value));
        Assert.Equal(Schedules.PredictionType.VPrediction, plan.PredictionType);
        Assert.Equal(X0TreatmentKind.None, plan.X0Treatment.Kind);
    }

    [Theory]
    [InlineData("euler", 5, "DDIM")]
    [InlineData("heun", 9, "Heun")]
    [InlineData("plms", 6, "PLMS")]
    [InlineData("unipc2", 5, "UniPC order=2")]
    [InlineData("unipc3", 5, "UniPC order=3")]
    [InlineData("deis2", 5, "DEIS order=2")]
    [InlineData("deis3", 5, "DEIS order=3")]
    public void Other_solvers_are_words_too(string word, int calls, string name)
    {
        var text = ddim.Done("plan", "--solver", word, "--steps", "5");

        Assert.StartsWith(name, text, StringComparison.Ordinal);
        Assert.Contains($": {calls} network calls", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Solvers_are_words()
    {
        Assert.StartsWith("DPM-Solver++ 2M: 5 network calls", ddim.Done("plan", "--solver", "dpm++2m", "--steps", "5"), StringComparison.Ordinal);
        Assert.StartsWith("DPM-Solver++ 3M: 5 network calls", ddim.Done("plan", "--solver", "dpm++3m", "--steps", "5"), StringComparison.Ordinal);
        Assert.StartsWith("SDE-DPM-Solver++ 2M eta=1: 5 network calls", ddim.Done("plan", "--solver", "dpm++2m-sde", "--steps", "5"), StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Usage, "has no eta", "plan", "--solver", "dpm++2m", "--eta", "0.5");
    }

    [Fact]
    public void Model_brings_its_schedule()
    {
        using var scratch = new Scratch();
        var model = TinyModel.Save(scratch["model"]);

        Assert.Contains("T = 100", ddim.Done("plan", "--model", model, "--steps", "5"), StringComparison.Ordinal);
        ddim.Fails(ErrorKind.Usage, "--zero-snr does not go with --model", "plan", "--model", model, "--zero-snr");
    }

    [Fact]
    public void Schedules_diffusers_cannot_name_work_too()
    {
        var sigmoid = ddim.Done("plan", "--schedule", "sigmoid", "--steps", "4", "--csv");

        Assert.NotEqual(sigmoid, ddim.Done("plan", "--steps", "4", "--csv"));
        Assert.Equal(0.98, FirstAlphaBar("const"), 1e-12);
        Assert.Equal(1 - (1 / 1000.0), FirstAlphaBar("jsd"), 1e-12);
        Assert.Equal(1 - 1e-4, FirstAlphaBar("linear_scaled_T"), 1e-12);
        Assert.InRange(FirstAlphaBar("sigmoid_lucidrains"), 0.9, 1 - 1e-6);
        ddim.Fails(ErrorKind.Configuration, "alphaBar is 0", "plan", "--schedule", "cosine", "--zero-snr");
        ddim.Fails(ErrorKind.Configuration, "beta", "plan", "--beta-end", "1.5");

        // ᾱ_0 = 1 - β_0.
        double FirstAlphaBar(string schedule) => SamplingPlan.FromJson(ddim.Done("plan", "--schedule", schedule, "--timesteps", "0", "--json")).Steps[0].AlphaBarFrom;
    }
}
