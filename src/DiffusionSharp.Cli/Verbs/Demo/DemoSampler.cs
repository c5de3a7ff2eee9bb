using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Verbs.Demo;

/// <summary>Draws the demo's pictures, with the time each took and how many of the images are recognised.</summary>
internal sealed class DemoSampler(CliHost host, EngineChoice engine, string folder, int images)
{
    public DiffusionModel Load(string path) => DiffusionModel.Load(path, engine.Open(host));

    /// <summary>Samples a sheet, and its images one by one into a folder of the same name.</summary>
    public void Draw(DiffusionModel model, int steps, double eta, string name)
    {
        var options = new SampleOptions
        {
            Steps = steps,
            Eta = eta,
            Seeds = [.. Enumerable.Range(0, images).Select(i => (ulong)i)],
            Labels = LabelList.Resolve(null, model, images),
            BatchSize = images,
        };
        var asked = new Dictionary<string, string>
        {
            ["steps"] = $"{steps}",
            ["eta"] = $"{options.Eta}",
            ["seed"] = "0",
            ["count"] = $"{images}",
        };
        if (model.Name != ModelOption.BundledFolder(host))
        {
            asked["model"] = model.Name;
        }

        var recipe = new RecipeOptions("sample", asked, new Dictionary<string, string>(), engine.Describe());
        var job = new SampleJob
        {
            Host = host,
            Model = model,
            Options = options,
            IsExact = engine.IsExact,
            Recipe = new Recipe(engine.Complete(recipe, images), model.Source!, model.Plan(options)),
        };
        var path = Path.Combine(folder, name);
        var score = new ScoreWriter();
        var sheet = new SheetWriter(path, model.Shape, PictureLook.Usual, SheetCaptions.ForJob(job), job.SheetRecipe);
        var pictures = new FolderWriter(Path.Combine(folder, Path.GetFileNameWithoutExtension(name)), job);
        var result = job.Draw([sheet, pictures, score]);
        host.Out.WriteLine(FormattableString.Invariant(
            $"   {steps,3} steps, eta {eta}: {result.Seconds,5:F1} s, {score.Recognised,2} of {images} recognised as shapes  {path}"));
    }
}
