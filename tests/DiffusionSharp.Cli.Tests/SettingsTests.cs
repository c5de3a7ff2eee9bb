using DiffusionSharp.Cli.Tests.Kit;

namespace DiffusionSharp.Cli.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly Ddim ddim = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Flags_come_before_environment_before_file_before_defaults()
    {
        var config = scratch.Text("ddim.json", """{ "steps": 4, "eta": "hat", "seed": 7 }""");

        Assert.Equal(50, Steps());
        Assert.Equal(4, Steps("--config", config));
        ddim.Environment["DDIM_STEPS"] = "3";
        Assert.Equal(3, Steps("--config", config));
        Assert.Equal(2, Steps("--config", config, "--steps", "2"));
        Assert.Contains("eta=hat", ddim.Done("plan", "--config", config), StringComparison.Ordinal);
    }

    [Fact]
    public void File_can_be_named_by_the_environment()
    {
        ddim.Environment["DDIM_CONFIG"] = scratch.Text("ddim.json", """{ "timesteps": [90, 50, 10] }""");

        Assert.Equal(3, Steps());
    }

    [Fact]
    public void Higher_source_drops_what_it_excludes()
    {
        var config = scratch.Text("ddim.json", """{ "steps": 4, "clip": true, "json": true }""");

        Assert.Equal(2, Steps("--config", config, "--timesteps", "90,10", "--no-clip"));
        ddim.Environment["DDIM_TIMESTEPS"] = "90,50,10";
        Assert.Equal(3, Steps("--config", config));
        Assert.Equal(5, Steps("--config", config, "--steps", "5"));
        ddim.Environment["DDIM_SPACING"] = "trailing";
        ddim.Fails(ErrorKind.Usage, "leave out --steps and --spacing", "plan");
    }

    // Tuned timesteps are tuned for a number of steps, which may come from elsewhere.
    [Fact]
    public void Tuned_timesteps_go_with_steps()
    {
        var config = scratch.Text("ddim.json", """{ "timesteps": "tuned", "spacing": "trailing" }""");
        var steps = scratch.Text("steps.json", """{ "steps": 4 }""");
        var folder = TinyModel.Save(scratch["model"]);

        ddim.Fails(ErrorKind.Usage, "tuned for 4 steps", "plan", "--model", folder, "--timesteps", "tuned", "--config", steps);
        ddim.Environment["DDIM_TIMESTEPS"] = "tuned";
        ddim.Fails(ErrorKind.Usage, "tuned for 4 steps", "plan", "--model", folder, "--steps", "4", "--config", config);
        Assert.Equal(5, Steps("--steps", "5", "--spacing", "trailing"));
        Assert.Equal(2, Steps("--timesteps", "90,10", "--config", steps));
    }

    [Fact]
    public void Switches_take_one_and_zero()
    {
        ddim.Environment["DDIM_CSV"] = "1";
        Assert.StartsWith("step,t,", ddim.Done("plan"), StringComparison.Ordinal);
        ddim.Environment["DDIM_CSV"] = "0";
        Assert.StartsWith("DDIM", ddim.Done("plan"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "stesp": 4 }""", "no option 'stesp'; did you mean steps?")]
    [InlineData("[1]", "is not a configuration")]
    [InlineData("{ ", "is not a configuration")]
    public void Wrong_file_is_a_configuration_error(string json, string words) =>
        ddim.Fails(ErrorKind.Configuration, words, "plan", "--config", scratch.Text("bad.json", json));

    [Fact]
    public void Missing_file_is_a_configuration_error() => ddim.Fails(ErrorKind.Configuration, "no.json", "plan", "--config", scratch["no.json"]);

    private int Steps(params string[] args) => ddim.Done(["plan", .. args, "--csv"]).TrimEnd('\n').Split('\n').Length - 1;
}
