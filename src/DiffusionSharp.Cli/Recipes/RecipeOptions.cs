using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Recipes;

/// <summary>What a verb was asked for.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Values">Its options by name, in the form that <c>--config</c> takes: those that were given, and those whose default is not the same everywhere.</param>
/// <param name="Inputs">Those of them that name files to read.</param>
/// <param name="Engine">What ran the network.</param>
internal sealed record RecipeOptions(string Verb, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Inputs, string Engine)
{
    /// <summary>Whether an option has part in a picture: all have but those that say where results go, and which sources are read.</summary>
    public static bool Holds(Option option) =>
        option is not (OutputFile or FromOption) && option.Name is not ("--json" or "--csv" or "--config" or "--verbose");

    /// <summary>The same with the list that tuned timesteps stand for: tuning the model again shall not change the picture.</summary>
    /// <param name="plan">What was planned.</param>
    public RecipeOptions WithTimestepsOf(SamplingPlan plan) => Values.GetValueOrDefault("timesteps") != SamplingOptions.Tuned ? this : this with
    {
        Values = new Dictionary<string, string>(Values.Where(v => v.Key != "steps"))
        {
            ["timesteps"] = string.Join(',', plan.Steps.Select(s => s.Timestep).OfType<double>().Distinct()),
        },
    };

    /// <summary>The same with these values.</summary>
    public RecipeOptions With(params ReadOnlySpan<(string Name, string Value)> values)
    {
        var all = new Dictionary<string, string>(Values);
        foreach (var (name, value) in values)
        {
            all[name] = value;
        }

        return this with { Values = all };
    }

    /// <summary>The same made from another file, for an option that does not name the file itself.</summary>
    public RecipeOptions Reading(string name, string path) => this with { Inputs = new Dictionary<string, string>(Inputs) { [name] = path } };

    /// <summary>The same without these options.</summary>
    public RecipeOptions Without(params IEnumerable<string> names) => this with { Values = Values.Where(v => !names.Contains(v.Key)).ToDictionary() };

    /// <summary>The options of a command line.</summary>
    /// <param name="r">The command line, with all sources filled in.</param>
    /// <param name="engine">What runs the network.</param>
    /// <param name="resolved">Values that take the place of what was given.</param>
    public static RecipeOptions FromParseResult(ParseResult r, string engine, params IEnumerable<(string Name, string Value)> resolved)
    {
        var given = r.CommandResult.Command.Options.Where(o => Holds(o) && r.Has(o)).ToArray();
        var values = new Dictionary<string, string>();
        foreach (var option in given.Where(o => o is not Option<bool> one || r.GetValue(one)))
        {
            values[option.Name[2..]] = r.GetResult(option)!.Tokens is [.., var last] ? last.Value : "true";
        }

        var inputs = given.OfType<InputFile>().Select(o => (o.Name, Path: InputFile.FileOf(r.GetValue(o)!))).Where(o => File.Exists(o.Path)).ToDictionary(o => o.Name[2..], o => o.Path);
        return new RecipeOptions(r.CommandResult.Command.Name, values, inputs, engine).With([.. resolved]);
    }
}
