using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Recipes;

/// <summary><c>--from</c>: a picture whose recipe gives every option that nothing else gives.</summary>
/// <param name="verbs">The verbs whose pictures are taken, the option's own first.</param>
internal sealed class FromOption(params string[] verbs) : Option<string?>("--from")
{
    private static readonly string[] ModelChoice = ["--model", "--raw", "--ema", "--about", "--size"];

    // Whoever names other images does not want this one's company again.
    private static readonly string[] Images = ["--seed", "--count", "--seeds"];

    private readonly HashSet<string> taken = [];
    private FoundRecipe? recipe;

    /// <summary>Reads the recipe and checks that its options are some that the command has and a recipe may set.</summary>
    /// <param name="picture">The PNG.</param>
    /// <param name="command">The verb.</param>
    /// <param name="given">The options that higher sources gave.</param>
    /// <param name="parse">Parses words as the verb's.</param>
    /// <param name="find">The command of another verb by its name; null where there is none.</param>
    /// <returns>The recipe's value of an option, by its name without dashes.</returns>
    /// <exception cref="DiffusionException">There is no recipe, or it is another verb's, damaged, or not understood.</exception>
    public Func<string, string?> Open(string picture, Command command, IReadOnlySet<string> given, Func<IReadOnlyList<string>, ParseResult> parse, Func<string, Command?> find)
    {
        recipe = FoundRecipe.Read(picture);
        if (!verbs.Contains(recipe.Verb))
        {
            var other = find(recipe.Verb) ?? throw recipe.Wrong($"its verb '{recipe.Verb}' is unknown");
            var again = other.Options.Any(o => o is FromOption)
                ? $"make it again with: ddim {recipe.Verb} --from {ShellWord.Quote(picture)}"
                : "which takes nothing from pictures";
            throw new DiffusionException(ErrorKind.Usage, $"{picture} was made by ddim {recipe.Verb}; {again}");
        }

        foreach (var name in recipe.Options.Keys)
        {
            if (!command.Options.Any(o => o.Name == $"--{name}" && RecipeOptions.Holds(o)))
            {
                throw recipe.Wrong($"ddim {recipe.Verb} does not take an option '{Human.Plain(name)}' from a picture (it was written by {recipe.Program})");
            }
        }

        return parse([.. recipe.Options.Select(o => $"--{o.Key}={o.Value}")]) is { Errors: [var error, ..] }
            ? throw recipe.Wrong(error.Message.TrimEnd('.'))
            : (given.Overlaps(Images) ? recipe.Alone() : recipe.Options).GetValueOrDefault;
    }

    /// <summary>Notes that the recipe gave this option.</summary>
    public void Take(string option) => taken.Add(option);

    /// <summary>Whether the recipe gave this option, and nobody asked for it here.</summary>
    public bool Gave(Option option) => taken.Contains(option.Name);

    /// <summary>Checks that the files which the recipe gave are there, and are those that the picture was made from.</summary>
    public void CheckFiles(ParseResult r)
    {
        foreach (var option in r.CommandResult.Command.Options.OfType<Option<string?>>().Where(o => taken.Contains(o.Name)))
        {
            var path = r.GetValue(option)!;
            if (option.Name is "--model" or "--guide-with" && !Directory.Exists(path) && !File.Exists(path))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"{recipe!.Path} was made with the model {path}, which is not here; say with {option.Name} where it is");
            }

            if (option is InputFile && path != ShapesSource.Name && !recipe!.IsInput(option.Name[2..], InputFile.FileOf(path)))
            {
                var why = File.Exists(InputFile.FileOf(path)) ? "that file has changed" : Directory.Exists(path) ? "that is a folder, which may have changed" : "there is no such file";
                throw new DiffusionException(ErrorKind.Data, $"{recipe.Path} was made from {option.Name} {path}, and {why}; say with {option.Name} where it is");
            }
        }
    }

    /// <summary>Compares what is about to be made with the picture's recipe, if there is one.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="made">The recipe of what is about to be made.</param>
    /// <returns>What differs, in sentences.</returns>
    /// <exception cref="DiffusionException">The weights are others, and nobody said so (<see cref="ErrorKind.ModelFile"/>).</exception>
    public IReadOnlyList<string> Check(ParseResult r, Recipe made)
    {
        if (recipe is null)
        {
            return [];
        }

        var asked = r.CommandResult.Command.Options.Any(o => ModelChoice.Contains(o.Name) && r.Has(o) && !taken.Contains(o.Name));
        return recipe.Model == made.Model || asked ? recipe.Differences(made) : throw new DiffusionException(
            ErrorKind.ModelFile,
            $"{recipe.Path} was made with the weights {recipe.Model}; those of {made.ModelPath} are {made.Model}. "
            + "Say with --model where the picture's are, or which model is to draw it instead");
    }
}
