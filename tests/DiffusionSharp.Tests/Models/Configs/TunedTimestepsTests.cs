using System.Text;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Files.Kit;
using DiffusionSharp.Tests.Files.Storage;

namespace DiffusionSharp.Tests.Models.Configs;

public sealed class TunedTimestepsTests : IDisposable
{
    private readonly TemporaryFolder folder = new(inMemory: true);

    private string File => folder["scheduler/tuned_timesteps.json"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Lists_of_several_numbers_of_steps_lie_side_by_side()
    {
        Assert.Empty(TunedTimestepsJson.Read(File, 1000));
        TunedTimestepsJson.Add(File, 1000, [Timesteps.Custom(1000, 900, 500, 100), Timesteps.Custom(1000, 700)]);
        TunedTimestepsJson.Add(File, 1000, [Timesteps.Custom(1000, 950, 400, 60), Timesteps.Custom(1000, 800, 0)]);

        var read = TunedTimestepsJson.Read(File, 1000);
        Assert.Equal([1, 2, 3], read.Keys);
        Assert.Equal([950, 400, 60], read[3]);
        Assert.Equal([700], read[1]);
        Assert.Throws<ArgumentException>(() => TunedTimestepsJson.Add(File, 1000, [Timesteps.Custom(999, 5)]));
    }

    [Theory]
    [InlineData("""{"num_train_timesteps": 500, "timesteps": [[9]]}""", "num_train_timesteps is 500, but the model has 1000")]
    [InlineData("""{"timesteps": [[9, 10]]}""", "strictly descending")]
    [InlineData("""{"timesteps": [[1000, 9]]}""", "outside [0, 999]")]
    [InlineData("""{"timesteps": [[]]}""", "empty")]
    [InlineData("""{"timesteps": [[9, 1], [8, 2]]}""", "two lists of 2 steps")]
    [InlineData("""{"timesteps": [[9, 1.5]]}""", "a list of lists of integers")]
    [InlineData("""{"timesteps": [9, 1]}""", "a list of lists of integers")]
    [InlineData("""{"timesteps": {"2": [9, 1]}}""", "a list of lists of integers")]
    [InlineData("""{"timesteps": [], "timesteps": []}""", "not valid JSON")]
    [InlineData("""{"steps": []}""", "steps is [], an option that is not known here")]
    [InlineData("[]", "an object was expected")]
    [InlineData("", "not valid JSON")]
    public void Bad_files_are_refused_and_stay(string json, string words)
    {
        Directory.CreateDirectory(folder["scheduler"]);
        System.IO.File.WriteAllText(File, json);

        foreach (Action use in (Action[])[() => TunedTimestepsJson.Read(File, 1000), () => TunedTimestepsJson.Add(File, 1000, [Timesteps.Custom(1000, 5)])])
        {
            var error = Assert.Throws<DiffusionException>(use);
            Assert.Equal(ErrorKind.ModelFile, error.Kind);
            Assert.Contains(words, error.Message);
            Assert.Contains(File, error.Message);
        }

        Assert.Equal(json, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Damaged_files_are_read_or_refused_and_never_crash()
    {
        TunedTimestepsJson.Add(File, 1000, [Timesteps.Uniform(1000, 5), Timesteps.Uniform(1000, 10)]);
        var valid = System.IO.File.ReadAllBytes(File);
        var random = new Random(7);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = Mutations.Apply(valid, random);
            System.IO.File.WriteAllBytes(File, bytes);
            try
            {
                Assert.All(TunedTimestepsJson.Read(File, 1000), p => Assert.Equal(p.Key, p.Value.Count));
            }
            catch (DiffusionException e)
            {
                Assert.True(e.Kind == ErrorKind.ModelFile, Encoding.UTF8.GetString(bytes));
            }
        }
    }
}
