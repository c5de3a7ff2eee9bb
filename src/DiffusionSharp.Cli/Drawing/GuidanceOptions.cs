using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What leads images to their classes besides <c>--guidance</c>: where that counts, a weaker model, a classifier.</summary>
internal sealed class GuidanceOptions
{
    private readonly Option<double[]> interval = IntervalOption();
    private readonly Option<string?> weaker = new("--guide-with");
    private readonly InputFile classifier = new("--classifier");
    private readonly Option<double> scale = Parse.Number<double>("--classifier-scale");

    public IEnumerable<Option> All => [interval, weaker, classifier, scale];

    /// <summary>The levels that are guided.</summary>
    public static Option<double[]> IntervalOption() => Parse.Option("--guidance-interval", text => Parse.Split(text, Parse.One<double>) is { Length: 2 } ends
        ? ends
        : throw new FormatException("give two sigmas, the lower first: 0.2,3"));

    /// <summary>Options with these; the models that they name are loaded, and whoever asks disposes of them.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="host">Is told what was assumed of a model.</param>
    /// <param name="model">The model that is sampled.</param>
    /// <param name="engine">Runs the others, too.</param>
    /// <param name="options">What was asked for besides.</param>
    /// <exception cref="DiffusionException">Options contradict each other or the model, or a model cannot be read.</exception>
    public SampleOptions Complete(ParseResult r, CliHost host, DiffusionModel model, Engine engine, SampleOptions options)
    {
        Option[] ofGuidance = [interval, weaker];
        if (options.Guidance == 1 && Array.Find(ofGuidance, r.Has) is { } idle)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{idle.Name} says how --guidance leads, and that is 1, which leads nowhere: give --guidance, too, such as 2");
        }

        if (r.Has(scale) && !r.Has(classifier))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{scale.Name} is a factor of a classifier's gradient: give {classifier.Name}, too");
        }

        if (r.Has(interval))
        {
            options = options with { GuidanceInterval = (r.GetValue(interval)![0], r.GetValue(interval)![1]) };
            model.IntervalOf(options);
        }

        if (r.GetValue(weaker) is { } path)
        {
            var weak = DiffusionModel.Load(path, engine);
            ModelOptions.Told(weak.Source!, host);
            options = options with { GuideWith = weak };
        }

        if (r.GetValue(classifier) is { } file)
        {
            var loaded = Classifier.Load(file, engine, model.Shape);
            options = options with { Classifier = loaded, ClassifierScale = r.Or(scale, 1) };
            if (model.ClassCount is int classes && classes != loaded.Classes)
            {
                throw new DiffusionException(
                    ErrorKind.Usage, $"{classifier.Name} {file} knows {loaded.Classes} classes, the model {model.Name} {classes}: both must have learned the same ones");
            }
        }

        model.Guided(options);
        _ = options.Classifier?.Gradient(options.ClassifierScale);
        return options;
    }
}
